// Asks each instance of a service how it is, for its standing, /readyz, /health and the readiness log: each second when
// all is well, ten times a second while the service is away, so that recovery shows at once. A job of runtime::every,
// made by serve.
#pragma once

#include "core/log.hpp"
#include "gateway/upstream/upstream.hpp"
#include "http/instances.hpp"

#include <chrono>
#include <functional>

namespace mita::gateway {

class probe {
public:
    // each: the service's instances, asked beside it. all_well: whether the gateway as a whole is ready.
    probe(upstream& of, http::instances& each, std::function<bool()> all_well, logger& log);

    awaitable<void> ask();  // at most two seconds; a service that is away is told by its state, not thrown
    std::chrono::milliseconds pause();

private:
    awaitable<bool> check(deadline d);
    upstream& of_;
    http::instances& each_;
    std::function<bool()> all_well_;
    logger& log_;
    bool asked_ = false, began_well_ = false;
};

}  // namespace mita::gateway

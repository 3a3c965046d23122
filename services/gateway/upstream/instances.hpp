// The instances behind a service's internal name: every address it resolves to, asked for its health each by itself.
// A name may change its addresses: they are looked up again every few seconds. The probe asks, /health and /ops tell.
// What the gateway itself wants of the service (keys, revocations, the trail) goes to the one that answered last, or to
// another while that one fails, is not well or is left out. On one worker only.
#pragma once

#include "core/log.hpp"
#include "core/metrics.hpp"
#include "gateway/upstream/standing.hpp"
#include "gateway/upstream/upstream.hpp"
#include "http/client.hpp"
#include "http/client_address.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace mita::gateway {

class instances final : public http::sender {
public:
    // service: a literal; at: as http::client_address takes it.
    instances(executor ex, const char* service, const std::string& at, logger& log, metrics::registry& metrics);

    const char* const service;

    struct one {
        explicit one(std::string where) : known(std::move(where)) {}
        standing known;  // and its address
        std::shared_ptr<http::client> at;
        std::string status;  // of its /health, or unreachable
    };
    using one_ptr = std::shared_ptr<one>;
    awaitable<void> ask(deadline d);  // all of them beside each other
    const std::vector<one_ptr>& all() const { return all_; }
    std::vector<instance_seen> seen() const;
    // What may be repeated, or was not sent, is asked of another after a failure, a 5xx among them.
    awaitable<http::client_response> send(http::client_request r, deadline d) override;
    awaitable<void> close(deadline d);

private:
    awaitable<void> look_up(deadline d);
    void follow_addresses();
    one_ptr choose(const one* but) const;
    void failed(one& it);
    void say_ejected(const one& it);

    executor ex_;
    logger& log_;
    metrics::registry& metrics_;
    http::client_address address_;
    std::chrono::steady_clock::time_point looked_up_{};
    std::vector<one_ptr> all_;
    one_ptr last_;  // answered last
    metrics::counter& ejections_;
};

// What a service is as a whole: the one status of all its instances, else degraded; unreachable without any.
std::string status_of_all(const std::vector<instance_seen>& seen);

}  // namespace mita::gateway

// What an orderly stop does, stage by stage: hooks, each on the worker it was registered for, all of a stage at the
// same time. A hook that throws is logged and has ended; a stage that is late is logged and left behind. Internal to
// libs/core: runtime runs them.
#pragma once

#include "core/async.hpp"
#include "core/deadline.hpp"
#include "core/log.hpp"
#include "core/runtime.hpp"

#include <functional>
#include <vector>

namespace mita {

class stop_stages {
public:
    using hook = std::function<awaitable<void>(deadline)>;

    explicit stop_stages(logger& log) : log_(log) {}

    void add(stop_stage stage, executor on, hook run);  // before the first run()
    // On `home`, where the hooks' ends are counted. Ends when all hooks of the stage have, or at `d`.
    awaitable<void> run(stop_stage stage, executor home, deadline d);

private:
    struct entry {
        stop_stage stage;
        executor on;
        hook run;
    };

    logger& log_;
    std::vector<entry> hooks_;
};

}  // namespace mita

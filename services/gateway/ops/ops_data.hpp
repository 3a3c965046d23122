// What the page of operators is drawn from: health and shown metrics of the gateway and of every instance behind it, as
// one JSON document. However many look, it is gathered at most once a second, all instances beside each other.
#pragma once

#include "core/async.hpp"
#include "core/deadline.hpp"
#include "core/health.hpp"
#include "core/log.hpp"
#include "core/metrics.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace mita::cache {
template <class T>
class flight;
}

namespace mita::http {
class instances;
}

namespace mita::gateway {

class ops_data {
public:
    using document = std::shared_ptr<const std::string>;
    using own_health = std::function<awaitable<health_report>()>;

    // home: the worker of `behind`, on which it is gathered.
    ops_data(executor home, std::vector<const http::instances*> behind, own_health health,
             const metrics::registry& metrics, logger& log);

    // Any worker. {"at":…,"instances":[{"service","address","health":{…}|null,"metrics":"…"}]}
    awaitable<document> now(deadline d);

private:
    using flight = cache::flight<document>;
    std::shared_ptr<flight> join();
    awaitable<void> run(std::shared_ptr<flight> to);
    awaitable<document> gather();

    executor home_;
    std::vector<const http::instances*> behind_;
    own_health health_;
    const metrics::registry& metrics_;
    logger& log_;
    std::mutex mutex_;
    std::shared_ptr<flight> last_;  // runs, or has ended lately
    std::chrono::steady_clock::time_point begun_{};
};

}  // namespace mita::gateway

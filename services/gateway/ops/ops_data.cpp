#include "gateway/ops/ops_data.hpp"

#include "cache/single_flight.hpp"
#include "core/clock.hpp"
#include "core/json_reader.hpp"
#include "core/runtime.hpp"
#include "core/waiter.hpp"
#include "gateway/ops/scrape.hpp"
#include "http/instances.hpp"

#include <exception>
#include <utility>

namespace mita::gateway {

namespace {

using namespace std::chrono_literals;
constexpr auto answers_within = 900ms, fresh = 900ms;

// One instance's answers; the gatherer may leave before they come.
struct told {
    std::string service, address, health, metrics;
};
struct gathering {
    gathering(executor ex, std::size_t asked) : done(ex), left(asked) {}
    waiter done;
    std::size_t left;
    std::vector<told> all;
};

awaitable<std::string> get(http::client& at, std::string path, std::string headers, deadline d) {
    http::client_request ask(http::verb::get, std::move(path));
    ask.headers = std::move(headers);
    const auto answer = co_await at.send(std::move(ask), d);
    co_return std::string(answer.body);
}

awaitable<void> ask(std::shared_ptr<http::client> at, std::shared_ptr<gathering> g, std::size_t slot, deadline d) {
    try {
        auto health = co_await get(*at, "/health", {}, d);
        auto metrics = co_await get(*at, "/metrics", "Accept: application/openmetrics-text\r\n", d);
        g->all[slot].health = std::move(health);
        g->all[slot].metrics = shown_of(metrics);
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
        // Away: told by health null.
    }
    if (--g->left == 0) g->done.notify();
}

void append(std::string& out, const told& t) {
    out += "{\"service\":";
    append_json_string(out, t.service);
    out += ",\"address\":";
    append_json_string(out, t.address);
    out += ",\"health\":";
    out += t.health.starts_with('{') ? t.health : "null";
    out += ",\"metrics\":";
    append_json_string(out, t.metrics);
    out += '}';
}

}  // namespace

ops_data::ops_data(executor home, std::vector<const http::instances*> behind, own_health health,
                   const metrics::registry& metrics, logger& log)
    : home_(home), behind_(std::move(behind)), health_(std::move(health)), metrics_(metrics), log_(log) {}

awaitable<ops_data::document> ops_data::now(deadline d) {
    const auto it = join();
    co_return co_await flight::wait(it, d);
}

std::shared_ptr<ops_data::flight> ops_data::join() {
    const auto at = std::chrono::steady_clock::now();
    std::shared_ptr<flight> mine;
    {
        const std::lock_guard lock(mutex_);
        if (last_ && at - begun_ < fresh) return last_;
        begun_ = at;
        last_ = mine = std::make_shared<flight>();
    }
    spawn_logged(home_, log_, "ops_data", run(mine));
    return mine;
}

awaitable<void> ops_data::run(std::shared_ptr<flight> to) {
    document made;
    std::exception_ptr fault;
    try {
        made = co_await gather();
    } catch (...) {
        fault = std::current_exception();
    }
    to->finish(std::move(made), fault);
}

awaitable<ops_data::document> ops_data::gather() {
    std::vector<std::shared_ptr<http::client>> clients;
    std::vector<told> all;
    for (const http::instances* service : behind_) {
        for (const auto& one : service->all()) {
            clients.push_back(one->at);
            all.push_back({service->service, one->known->address, {}, {}});
        }
    }
    const auto limit = deadline::after(answers_within);
    const auto g = std::make_shared<gathering>(home_, clients.size());
    g->all = std::move(all);
    for (std::size_t i = 0; i < clients.size(); ++i)
        spawn_logged(home_, log_, "ask_instance", ask(clients[i], g, i, limit));
    told own{"gateway", "this one", {}, shown_of(metrics_.expose(true))};
    const health_report report = co_await health_();
    own.health = to_json(report, false);
    if (!clients.empty()) {
        co_await g->done.wait(limit);
    }

    auto out = std::make_shared<std::string>("{\"at\":");
    append_json_string(*out, wall::format(wall::now()));
    *out += ",\"instances\":[";
    append(*out, own);
    for (const told& t : g->all) {
        *out += ',';
        append(*out, t);
    }
    *out += "]}";
    co_return out;
}

}  // namespace mita::gateway

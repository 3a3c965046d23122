#include "gateway/upstream/probe.hpp"

#include <exception>
#include <string>
#include <utility>

namespace mita::gateway {

namespace {

using namespace std::chrono_literals;

awaitable<bool> ready_now(http::client& at, deadline d) {
    http::client_request ask(http::verb::get, "/readyz");
    const auto answer = co_await at.send(std::move(ask), d);
    co_return answer.status == 200;
}

}  // namespace

probe::probe(upstream& of, instances& each, std::function<bool()> all_well, logger& log)
    : of_(of), each_(each), all_well_(std::move(all_well)), log_(log) {}

awaitable<void> probe::ask() {
    asked_ = true;
    bool up = false;
    const auto limit = deadline::after(1s);
    try {
        up = co_await ready_now(of_.outside, limit);
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
        // Away: said by `unreachable`, by /readyz and by the metrics.
    }
    co_await each_.ask(limit);
    auto seen = each_.seen();
    auto status = status_of_all(seen);
    if (of_.state.set(up, std::move(status), std::move(seen)))
        log_.info(up ? "upstream_ready" : "upstream_away").with("upstream", of_.name);
}

std::chrono::milliseconds probe::pause() {
    if (!asked_) return 0ms;
    if (all_well_()) {
        began_well_ = true;
        return 1'000ms;
    }
    return began_well_ ? 100ms : 10ms;
}

}  // namespace mita::gateway

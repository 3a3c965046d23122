#include "gateway/upstream/probe.hpp"

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace mita::gateway {

namespace {

using namespace std::chrono_literals;

awaitable<bool> ready_now(http::client& at, deadline d) {
    http::client_request ask(http::verb::get, "/readyz");
    const auto answer = co_await at.send(std::move(ask), d);
    co_return answer.status == 200;
}

// The "status" member of a service's /health, found by its fixed place at the front.
awaitable<std::string> status_of(http::client& inside, deadline d) {
    http::client_request ask(http::verb::get, "/health");
    const auto answer = co_await inside.send(std::move(ask), d);
    constexpr std::string_view front = "{\"status\":\"";
    if (!answer.body.starts_with(front)) co_return "unknown";
    const auto rest = answer.body.substr(front.size());
    co_return std::string(rest.substr(0, rest.find('"')));
}

}  // namespace

probe::probe(upstream& of, std::function<bool()> all_well, logger& log)
    : of_(of), all_well_(std::move(all_well)), log_(log) {}

awaitable<void> probe::ask() {
    asked_ = true;
    bool up = false;
    std::string status = "unreachable";
    try {
        const auto limit = deadline::after(1s);
        up = co_await ready_now(of_.outside, limit);
        status = co_await status_of(of_.inside, limit);
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
        // Away: said by `unreachable`, by /readyz and by the metrics.
    }
    if (of_.state.set(up, std::move(status)))
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

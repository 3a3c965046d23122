// Probing the services: each second when all is well, ten times a second while one is away, so that recovery shows at
// once.
#include "core/waiter.hpp"
#include "gateway/app.hpp"

#include <chrono>
#include <exception>
#include <string>

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

bool app::ready() const {
    // Without the feed's first answer a revoked token could pass.
    if (!all.fed && !all.tokens->degraded()) all.fed = true;
    return !all.loops.stopping() && all.auth_state.ready && all.finance_state.ready && all.tokens->has_keys() &&
           all.fed;
}

awaitable<void> watch(app& a, bool auth) {
    auto& state = auth ? a.all.auth_state : a.all.finance_state;
    auto& outside = auth ? a.auth : a.finance;
    auto& inside = auth ? a.auth_inside : a.finance_inside;
    bool began_well = false;
    while (!a.all.loops.stopping()) {
        bool up = false;
        std::string status = "unreachable";
        try {
            const auto limit = deadline::after(1s);
            up = co_await ready_now(outside, limit);
            status = co_await status_of(inside, limit);
        } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
            // Away: said by `unreachable`, by /readyz and by the metrics.
        }
        if (state.ready.exchange(up) != up)
            a.all.log.info(up ? "upstream_ready" : "upstream_away").with("upstream", auth ? "auth" : "finance");
        {
            const std::scoped_lock lock(state.mutex);
            state.status = status;
        }
        began_well = began_well || a.ready();
        waiter pause(a.on.get_executor());
        const auto next = a.ready() ? 1'000ms : began_well ? 100ms : 10ms;
        co_await pause.wait(deadline::after(next));
    }
}

}  // namespace mita::gateway

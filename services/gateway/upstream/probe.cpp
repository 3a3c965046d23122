#include "gateway/upstream/probe.hpp"

#include "core/runtime.hpp"
#include "core/waiter.hpp"

#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mita::gateway {

namespace {

using namespace std::chrono_literals;

// A round of checks: whoever waits for it may leave at its deadline while answers still come.
struct checks {
    checks(executor ex, std::size_t asked) : done(ex), left(asked), status(asked, 0) {}
    waiter done;
    std::size_t left;
    std::vector<unsigned> status;  // 0: did not answer
};

awaitable<void> check_one(instance_ptr at, std::shared_ptr<checks> c, std::size_t slot, deadline d) {
    try {
        http::client_request ask(http::verb::get, "/readyz");
        const auto answer = co_await at->at.send(std::move(ask), d);
        c->status[slot] = answer.status;
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch)
        // Away: said by its standing, by `unreachable`, by /readyz and by the metrics.
    }
    if (--c->left == 0) c->done.notify();
}

}  // namespace

probe::probe(upstream& of, http::instances& each, std::function<bool()> all_well, logger& log)
    : of_(of), each_(each), all_well_(std::move(all_well)), log_(log) {}

awaitable<void> probe::ask() {
    asked_ = true;
    const auto limit = deadline::after(1s);
    const bool up = co_await check(limit);
    const auto another = deadline::after(1s);  // who keeps that one waiting does not make these look away
    co_await each_.ask(another);
    auto seen = each_.seen();
    auto status = http::status_of_all(seen);
    if (of_.state.set(up, std::move(status), std::move(seen)))
        log_.info(up ? "upstream_ready" : "upstream_away").with("upstream", of_.name);
}

// Every instance beside the others. True when one is ready and asked.
awaitable<bool> probe::check(deadline d) {
    const std::vector<instance_ptr> all = of_.all();
    if (all.empty()) co_return false;
    const auto ex = co_await asio::this_coro::executor;
    const auto c = std::make_shared<checks>(ex, all.size());
    for (std::size_t i = 0; i < all.size(); ++i) spawn_logged(ex, log_, "check_instance", check_one(all[i], c, i, d));
    co_await c->done.wait(d);
    bool up = false;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const unsigned status = c->status[i];
        of_.note_check(*all[i], status != 0, status == 200);
        up = up ||
             (status == 200 && all[i]->known->at(std::chrono::steady_clock::now()) != http::standing::rank::ejected);
    }
    co_return up;
}

std::chrono::milliseconds probe::pause() {
    if (!asked_) return 0ms;
    if (all_well_() && of_.state.each.circuit(std::chrono::steady_clock::now()) == 0) {
        began_well_ = true;
        return 1'000ms;
    }
    return began_well_ ? 100ms : 10ms;
}

}  // namespace mita::gateway

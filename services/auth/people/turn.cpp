#include "auth/people/turn.hpp"

#include "core/error.hpp"
#include "core/ids.hpp"
#include "core/waiter.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace mita::auth {

namespace {

using std::chrono::milliseconds;
constexpr milliseconds turn_limit{2'000};  // how long an account's logins may keep one of them from its turn

// 1..16 ms at first, 1..128 ms later: those who met once do not meet again.
milliseconds some_pause(unsigned attempt) {
    std::uint8_t r = 0;
    random_bytes(reinterpret_cast<char*>(&r), 1);
    return milliseconds(1 + r % (16U << std::min(attempt, 3U)));
}

}  // namespace

turn::turn(deadline d) : patience_(d.capped(turn_limit)) {}

awaitable<void> turn::wait() {
    if (patience_.expired()) throw overloaded("this account is being logged in to too often at once");
    const executor ex = co_await asio::this_coro::executor;
    waiter pause(ex);
    co_await pause.wait(patience_.capped(some_pause(attempt_++)));
}

}  // namespace mita::auth

// One loop for every write that may have to begin again: another process wrote in between, or the database asks for the
// whole transaction once more (40001, 40P01). Used by write_once and by the handlers of changes.
#pragma once

#include "core/async.hpp"
#include "core/deadline.hpp"
#include "db/error.hpp"

#include <optional>
#include <utility>

namespace mita::finance {

// How often a write begins again before it is refused as overloaded; the request's deadline may end it sooner.
inline constexpr int write_tries = 24;

// Between two tries: a little apart, so that two processes do not meet again.
awaitable<void> step_aside(executor on, int attempt);
[[noreturn]] void refuse_as_busy();  // overloaded

// attempt(n) is awaitable<std::optional<T>>: nullopt when the state has moved since it was read. What it throws flies,
// but for the database's wish to begin again.
template <class Attempt>
auto until_settled(executor on, Attempt attempt) -> awaitable<typename decltype(attempt(0))::value_type::value_type> {
    for (int n = 0; n < write_tries; ++n) {
        typename decltype(attempt(0))::value_type done;
        try {
            done = co_await attempt(n);
        } catch (const db::error& e) {
            if (!e.is_retryable()) throw;
        }
        if (done) co_return std::move(*done);
        co_await step_aside(on, n);
    }
    refuse_as_busy();
}

}  // namespace mita::finance

#include "finance/once/retry.hpp"

#include "core/error.hpp"
#include "core/ids.hpp"
#include "core/waiter.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace mita::finance {

awaitable<void> step_aside(executor on, int attempt) {
    std::uint8_t random = 0;
    random_bytes(&random, sizeof random);
    waiter pause(on);
    const std::chrono::microseconds time(random * 20 * (std::min(attempt, 9) + 1));
    co_await pause.wait(deadline::after(time));
}

void refuse_as_busy() { throw overloaded("what is written is being changed by others again and again"); }

}  // namespace mita::finance

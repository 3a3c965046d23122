// What the pool's tests have in common: the statements they send.
#pragma once

#include "world.hpp"

#include <chrono>

namespace mita::test {

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

inline constexpr db::statement echo{"echo", "select $1::int8"};
inline constexpr db::statement echo_text{"echo_text", "select $1::text"};
inline constexpr db::statement shared_echo{"shared_echo", "select $1::int8, now()", db::sync::shared};
inline constexpr db::statement shared_divide{"shared_divide", "select 10 / $1::int8", db::sync::shared};
inline constexpr db::statement shared_doze{"shared_doze", "select 1 from pg_sleep($1::float8)", db::sync::shared};
inline constexpr db::statement divide{"divide", "select 10 / $1::int8"};
inline constexpr db::statement doze{"doze", "select 1 from pg_sleep($1::float8)"};
inline constexpr db::statement broken{"broken", "select no_such_column"};

inline double seconds_since(clock_type::time_point t) {
    return std::chrono::duration<double>(clock_type::now() - t).count();
}

}  // namespace mita::test

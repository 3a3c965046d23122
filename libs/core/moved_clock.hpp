// How a test moved this process's clock (core/clock.hpp, MITA_ENV=test), for who must tell other processes of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace mita::wall {

struct moved {
    std::string source;         // who says so: the file's path, or "MITA_CLOCK"
    std::int64_t ahead_us = 0;  // of the machine's clock; the same for every process that follows the same file
    std::int64_t said_us = 0;   // when it was set so, by the machine's clock: of two readings the later one holds
};
// nullopt: the clock is the real one. Thread-safe; looks at the file as now() does.
std::optional<moved> moved_by();

}  // namespace mita::wall

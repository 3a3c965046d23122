// An exception that nobody else will see, as an error line: `event`, which task it ended, and the reason. Internal to
// libs/core: what starts tasks, hooks and loops uses it where they end.
#pragma once

#include "core/log.hpp"

#include <exception>
#include <string_view>

namespace mita {

// `error`: not null. Nothing flies out: a line that there is no memory for is not written.
void log_failure(logger& log, std::string_view event, std::string_view task, const std::exception_ptr& error) noexcept;

}  // namespace mita

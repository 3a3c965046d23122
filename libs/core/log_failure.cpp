#include "core/log_failure.hpp"

namespace mita {

void log_failure(logger& log, std::string_view event, std::string_view task, const std::exception_ptr& error) noexcept {
    try {
        auto line = log.error(event);
        line.with("task", task);
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            line.with("reason", e.what());
        } catch (...) {
            line.with("reason", "not a std::exception");
        }
    } catch (...) {  // NOLINT(bugprone-empty-catch)
        // No memory for the line.
    }
}

}  // namespace mita

#include "db/explain.hpp"

#include "db/error.hpp"

namespace mita::db {

std::optional<api_error> explain(const std::exception& e) {
    const auto* fault = dynamic_cast<const error*>(&e);
    if (fault == nullptr) return std::nullopt;
    if (fault->is_unavailable() || fault->is_retryable()) {
        api_error out(503, "unavailable", "The database is not available right now; try again.");
        out.with_header("Retry-After", "1");
        return out;
    }
    if (fault->sqlstate == "42P01" || fault->sqlstate == "42703")  // tables, columns: schema_watch says it to operators
        return api_error(503, "unavailable", "The database is not ready for this version of the service; try again.")
            .with_header("Retry-After", "5");
    if (fault->sqlstate == "57014") return api_error(504, "deadline_exceeded", "The database took too long.");
    return std::nullopt;
}

}  // namespace mita::db

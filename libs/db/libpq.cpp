#include "db/libpq.hpp"

#include <libpq-fe.h>

#include <string_view>

namespace mita::db {

namespace {

std::string_view field(const pg_result* r, int code) {
    const char* v = PQresultErrorField(r, code);
    return v ? std::string_view(v) : std::string_view();
}

}  // namespace

rows adopt(pg_result* result) {
    return rows(std::shared_ptr<void>(result, [](void* r) { PQclear(static_cast<PGresult*>(r)); }));
}

error error_of(const pg_result* result, std::string_view statement_name) {
    std::string state(field(result, PG_DIAG_SQLSTATE));
    if (state.empty()) state = "08006";
    auto text = field(result, PG_DIAG_MESSAGE_PRIMARY);
    if (text.empty()) text = "connection to the database lost";
    if (state.starts_with("22")) text = text.substr(0, text.find('"'));
    std::string message(statement_name);
    if (!message.empty()) message += ": ";
    message += text;
    message += " [" + state + "]";
    return error(std::move(state), std::string(field(result, PG_DIAG_CONSTRAINT_NAME)), message);
}

bool is_stale_plan(const pg_result* result) {
    const auto state = field(result, PG_DIAG_SQLSTATE);
    // The message is translated, the function's name is not.
    return state == "26000" || (state == "0A000" && field(result, PG_DIAG_SOURCE_FUNCTION) == "RevalidateCachedQuery");
}

}  // namespace mita::db

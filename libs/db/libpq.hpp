// What db's own .cpp files share about libpq, without its header: results become rows or db::error. Private to libs/db.
#pragma once

#include "db/error.hpp"
#include "db/row.hpp"

#include <string>

struct pg_conn;
struct pg_result;

namespace mita::db {

// Takes ownership: PQclear when the last copy of the rows goes.
rows adopt(pg_result* result);

// The error a result carries. Only the primary message, and of class 22 only its head: the rest quotes values, which
// must not reach logs. Without a SQLSTATE (made by libpq itself) it is 08006. `statement_name` is put in front.
error error_of(const pg_result* result, std::string_view statement_name);

// 26000, or 0A000 out of a cached plan: the statement did nothing and may run once more after being prepared again.
bool is_stale_plan(const pg_result* result);

}  // namespace mita::db

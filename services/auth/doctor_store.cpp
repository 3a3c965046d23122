#include "auth/doctor_store.hpp"

namespace mita::auth {

namespace {

constexpr db::statement facts{
    "doctor",
    "select (select coalesce(max(number), 0) from schema_migrations), clock_timestamp(), (select count(*) from mails)"};

}  // namespace

awaitable<database_facts> ask_database(db::pool& db, deadline d) {
    const auto rows = co_await db.query(facts, d);
    const auto r = rows.front();
    database_facts out;
    out.schema = static_cast<int>(r.get<std::int64_t>(0));
    out.clock = r.get<wall::time_point>(1);
    out.mails = r.get<std::int64_t>(2);
    co_return out;
}

}  // namespace mita::auth

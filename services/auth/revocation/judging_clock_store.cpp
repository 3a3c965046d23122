#include "auth/revocation/judging_clock_store.hpp"

#include "core/moved_clock.hpp"

namespace mita::auth {

namespace {

constexpr db::statement tell{"test_clock_moved", "select test_clock_moved($1, $2, $3)"};

}  // namespace

awaitable<std::int64_t> clock_moved(db::pool& db, deadline d) {
    const auto moved = wall::moved_by();
    if (!moved) co_return 0;
    const auto rows = co_await db.query_idempotent(tell, d, moved->source, moved->ahead_us, moved->said_us);
    co_return rows.front().get<std::int64_t>(0);
}

}  // namespace mita::auth

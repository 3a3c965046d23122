#include "auth/people/standing_store.hpp"

#include "auth/people/turn.hpp"
#include "auth/revocation/judging_clock_store.hpp"
#include "core/clock.hpp"
#include "db/columns.hpp"

namespace mita::auth {

namespace {

constexpr db::statement look_for{
    "users_search",
    "select id, email, display_name, status, role, email_verified_at, created_at from users"
    " where $1 = '' or position($1 in email_norm) > 0 order by created_at desc, id desc limit $2"};
constexpr db::statement set_one{"user_standing", "select outcome from set_standing($1, $2, $3, $4, $5, $6)"};
constexpr db::statement end_every{"user_end_sessions",
                                  "select outcome from end_all_sessions($1, 'operator', $2, $3, $4)"};

std::optional<standing> read(const db::rows& rows) {
    const auto outcome = rows.front().get<std::string>(0);
    if (outcome == "busy") return std::nullopt;
    return outcome == "done" ? standing::done : outcome == "same" ? standing::same : standing::gone;
}

}  // namespace

awaitable<std::vector<user>> standing_store::search(std::string part, int limit, deadline d) {
    const auto rows = co_await db_.query_idempotent(look_for, d, part, limit);
    std::vector<user> out;
    for (const auto r : rows) {
        db::columns c(r);
        user u;
        u.id = c.next<uuid>();
        u.email = c.next<std::string>();
        u.display_name = c.next<std::string>();
        u.status = c.next<std::string>();
        u.role = c.next<std::string>();
        u.email_verified_at = c.next<std::optional<wall::time_point>>();
        u.created_at = c.next<wall::time_point>();
        out.push_back(std::move(u));
    }
    co_return out;
}

awaitable<standing> standing_store::set(uuid id, std::string status, std::string role, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    turn mine(d);
    for (;;) {
        const auto rows = co_await db_.query(set_one, d, id, status, role, tokens_live_.count(), moved, wall::now());
        const auto done = read(rows);
        if (done) co_return *done;
        co_await mine.wait();
    }
}

awaitable<standing> standing_store::end_sessions(uuid id, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    turn mine(d);
    for (;;) {
        const auto rows = co_await db_.query(end_every, d, id, tokens_live_.count(), moved, wall::now());
        const auto done = read(rows);
        if (done) co_return *done;
        co_await mine.wait();
    }
}

}  // namespace mita::auth

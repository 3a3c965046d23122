#include "auth/people/standing_store.hpp"

#include "auth/mail/mail_store.hpp"
#include "auth/people/turn.hpp"
#include "auth/revocation/judging_clock_store.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "db/columns.hpp"

namespace mita::auth {

namespace {

constexpr db::statement look_for{
    "users_search",
    "select id, email, display_name, status, role, email_verified_at, created_at from users"
    " where (email_norm like part_pattern($1) or lower(display_name) like part_pattern($1))"
    " and ($2::text is null or status = $2) and ($3::text is null or role = $3) and ($4::uuid is null or id < $4)"
    " order by id desc limit $5"};
constexpr db::statement list_all{
    "users_list",
    "select id, email, display_name, status, role, email_verified_at, created_at from users"
    " where ($1::text is null or status = $1) and ($2::text is null or role = $2) and ($3::uuid is null or id < $3)"
    " order by id desc limit $4"};
constexpr db::statement set_one{"user_standing",
                                "select outcome, revocation from set_standing($1, $2, $3, $4, $5, $6)"};
constexpr db::statement end_every{"user_end_sessions",
                                  "select outcome, revocation from end_all_sessions($1, $2, $3, $4, $5)"};
constexpr db::statement reset_one{"user_require_reset",
                                  "select outcome, revocation from require_reset($1, $2, $3, $4, $5, $6, $7)"};

// nullopt: not its turn yet.
std::optional<standing_change> read_change(const db::rows& rows) {
    const auto r = rows.front();
    const auto outcome = r.get<std::string>(0);
    if (outcome == "busy") return std::nullopt;
    standing_change out;
    out.how = outcome == "done" ? standing::done : outcome == "same" ? standing::same : standing::gone;
    out.revocation = r.get<std::optional<std::int64_t>>(1).value_or(0);
    return out;
}

}  // namespace

awaitable<std::vector<user>> standing_store::search(user_search what, deadline d) {
    db::rows rows;
    if (what.part.empty()) {
        rows = co_await db_.query_idempotent(list_all, d, what.status, what.role, what.before, what.limit);
    } else {
        rows = co_await db_.query_idempotent(look_for, d, what.part, what.status, what.role, what.before, what.limit);
    }
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

awaitable<standing_change> standing_store::set(uuid id, std::optional<std::string> status,
                                               std::optional<std::string> role, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    turn mine(d);
    for (;;) {
        const auto rows = co_await db_.query(set_one, d, id, status, role, tokens_live_.count(), moved, wall::now());
        const auto done = read_change(rows);
        if (done) co_return *done;
        co_await mine.wait();
    }
}

awaitable<standing_change> standing_store::end_sessions(uuid id, std::string why, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    turn mine(d);
    for (;;) {
        const auto rows = co_await db_.query(end_every, d, id, why, tokens_live_.count(), moved, wall::now());
        const auto done = read_change(rows);
        if (done) co_return *done;
        co_await mine.wait();
    }
}

awaitable<standing_change> standing_store::require_reset(uuid id, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    turn mine(d);
    for (;;) {
        std::optional<standing_change> done;
        bool full = false;
        try {
            const auto rows = co_await db_.query(reset_one, d, id, new_uuid(), mail_store::kept.count(),
                                                 mail_store::most, tokens_live_.count(), moved, wall::now());
            done = read_change(rows);
        } catch (const db::error& e) {
            if (e.sqlstate != "53000") throw;
            full = true;
        }
        if (full) throw overloaded("the queue of mails is full", 60);
        if (done) co_return *done;
        co_await mine.wait();
    }
}

}  // namespace mita::auth

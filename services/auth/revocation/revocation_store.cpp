#include "auth/revocation/revocation_store.hpp"

#include "auth/revocation/judging_clock_store.hpp"
#include "core/clock.hpp"

#include <chrono>

namespace mita::auth {

namespace {

// One statement and one snapshot: the sequence and the entries belong together.
constexpr db::statement feed{
    "revocations_after",
    "select s.value, r.sequence, r.kind, r.id, r.not_before, ceil(extract(epoch from r.expires_at - at.now))::bigint"
    " from (select judged_at($2) as now) at, revocation_sequence s"
    " left join revocations r on r.sequence > $1 and r.expires_at > judged_at($2) order by r.sequence"};
constexpr db::statement forget{
    "revocations_prune",
    "delete from revocations where sequence in (select sequence from revocations where expires_at <= judged_at($1)"
    " order by expires_at limit $2 for update skip locked)"};
constexpr db::statement end_token{
    "token_revoke",
    "select publish_revocations('token', array[$1], null, judged_at($2) + $3::bigint * interval '1 second', $4)"};

jwt::revocation_kind kind_of(const std::string& text) {
    if (text == "session") return jwt::revocation_kind::session;
    if (text == "user") return jwt::revocation_kind::user;
    if (text == "key") return jwt::revocation_kind::key;
    if (text == "person") return jwt::revocation_kind::person;
    return jwt::revocation_kind::token;
}

std::int64_t seconds_of(wall::time_point t) {
    return std::chrono::duration_cast<std::chrono::seconds>(t.time_since_epoch()).count();
}

}  // namespace

awaitable<revocation_store::page> revocation_store::after(std::int64_t after, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const auto rows = co_await db_.query_idempotent(feed, d, after, moved);
    const auto now = wall::unix_seconds();  // those who read the feed forget by their own clocks, which are like ours
    page out;
    for (const auto r : rows) {
        out.sequence = r.get<std::int64_t>(0);
        if (r.is_null(1)) continue;
        jwt::revocation e;
        e.sequence = r.get<std::int64_t>(1);
        e.kind = kind_of(r.get<std::string>(2));
        e.id = r.get<std::string>(3);
        const auto not_before = r.get<std::optional<wall::time_point>>(4);
        e.not_before = not_before ? seconds_of(*not_before) : 0;
        e.expires_at = now + r.get<std::int64_t>(5);
        out.entries.push_back(std::move(e));
    }
    co_return out;
}

awaitable<std::int64_t> revocation_store::revoke_token(uuid jti, std::chrono::seconds tokens_live, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const auto rows = co_await db_.query(end_token, d, jti.str(), moved, tokens_live.count(), wall::now());
    co_return rows.front().get<std::int64_t>(0);
}

awaitable<std::int64_t> revocation_store::prune(unsigned at_most, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const auto rows = co_await db_.query(forget, d, moved, at_most);
    co_return rows.affected();
}

}  // namespace mita::auth

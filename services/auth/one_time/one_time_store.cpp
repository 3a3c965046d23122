#include "auth/one_time/one_time_store.hpp"

namespace mita::auth {

namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr db::statement put{
    "one_time_issue",
    "with at as materialized (select judged_at($5) as now)"
    " insert into one_time_tokens (hash, purpose, user_id, bound, created_at, expires_at)"
    " select $1, $2, u.id, $4, at.now, at.now + $6::bigint * interval '1 second' from at, users u where u.id = $3"
    " for key share of u"  // who is being deleted gets none
    " on conflict (user_id, purpose) do update set hash = excluded.hash, bound = excluded.bound, used_at = null,"
    " created_at = excluded.created_at, expires_at = excluded.expires_at"};

constexpr db::statement find{
    "one_time_look",
    "select user_id, bound from one_time_tokens where hash = $1 and purpose = $2 and used_at is null"
    " and expires_at > judged_at($3)",
    db::sync::shared};

constexpr db::statement forget{
    "one_time_prune",
    "delete from one_time_tokens where hash in (select hash from one_time_tokens"
    " where expires_at < judged_at($1) - case when user_id is null then interval '0' else interval '1 day' end"
    " order by expires_at limit $2"
    " for update skip locked)"};

}  // namespace

seconds lifetime_of(token_purpose p) { return p == token_purpose::reset_password ? hours(1) : hours(24); }

awaitable<secret> one_time_store::issue(token_purpose p, uuid user_id, std::string bound, std::int64_t moved,
                                        deadline d) {
    auto token = new_one_time_token();
    const auto hash = hash_of_token(token.view()).value_or("");
    co_await db_.query(put, d, db::bytes{hash}, name(p), user_id, bound, moved, lifetime_of(p).count());
    co_return token;
}

awaitable<std::optional<one_time_store::holder>> one_time_store::look(token_purpose p, std::string hash,
                                                                      std::int64_t moved, deadline d) {
    const db::bytes bytes{hash};
    const auto rows = co_await db_.query_idempotent(find, d, bytes, name(p), moved);
    if (rows.empty()) co_return std::nullopt;
    const auto r = rows.front();
    holder out;
    out.user_id = r.get<uuid>(0);
    out.bound = r.get<std::string>(1);
    co_return out;
}

awaitable<std::int64_t> one_time_store::prune(unsigned at_most, std::int64_t moved, deadline d) {
    const auto rows = co_await db_.query(forget, d, moved, at_most);
    co_return rows.affected();
}

}  // namespace mita::auth

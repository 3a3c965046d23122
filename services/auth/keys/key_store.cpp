#include "auth/keys/key_store.hpp"

#include "core/clock.hpp"
#include "db/columns.hpp"

#include <utility>

namespace mita::auth {

namespace {

constexpr auto columns = db::join(
    "select kid, algorithm, state, public_jwk, private_key,"
    " greatest(0, floor(extract(epoch from judged_at($1) - changed_at)))::bigint from signing_keys");
constexpr auto living_sql = db::join(columns, " where state <> 'revoked' order by created_at, kid");
constexpr auto all_keys_sql = db::join(columns, " order by created_at, kid");
constexpr db::statement load_living{"keys_load", living_sql};
constexpr db::statement load_every{"keys_load_all", all_keys_sql};
constexpr db::statement add{
    "keys_insert",
    "insert into signing_keys (kid, algorithm, state, public_jwk, private_key, created_at, changed_at)"
    " select $1, $2, 'active', $3, $4, at.now, at.now from (select judged_at($5) as now) at"
    " where not exists (select 1 from signing_keys where state = 'active') on conflict do nothing"};
// What those who follow revocations hear of makes them read the JWKS: nobody has that id, and nothing is revoked.
constexpr db::statement add_next{
    "keys_insert_next",
    "with at as materialized (select judged_at($5) as now), made as ("
    "insert into signing_keys (kid, algorithm, state, public_jwk, private_key, created_at, changed_at)"
    " select $1, $2, 'next', $3, $4, at.now, at.now from at"
    " where not exists (select 1 from signing_keys where state = 'next') on conflict do nothing returning kid)"
    " select publish_revocations('key', (select array_agg('next ' || kid) from made), null,"
    " at.now + interval '1 hour', $6) from at"};
constexpr db::statement step{"keys_rotate", "select outcome from rotate_keys($1, $2)"};
constexpr db::statement end_retiring{"keys_retire", "select retire_keys($1, $2)"};
constexpr db::statement end_one{"keys_revoke", "select revoke_key($1, $2, $3, $4, $5, $6, $7, $8)"};
constexpr db::statement swap_sealed{"keys_reseal",
                                    "update signing_keys set private_key = $3 where kid = $1 and private_key = $2"};

std::vector<stored_key> read_keys(const db::rows& rows) {
    std::vector<stored_key> out;
    for (const auto r : rows) {
        db::columns c(r);
        stored_key k;
        k.kid = c.next<std::string>();
        k.algorithm = c.next<std::string>();
        k.state = c.next<std::string>();
        k.public_jwk = c.next<std::string>();
        k.private_key = c.next<std::string>();
        k.age_s = c.next<std::int64_t>();
        out.push_back(std::move(k));
    }
    return out;
}

}  // namespace

awaitable<std::vector<stored_key>> key_store::load(std::int64_t moved, deadline d) {
    const auto rows = co_await db_.query_idempotent(load_living, d, moved);
    co_return read_keys(rows);
}

awaitable<std::vector<stored_key>> key_store::load_all(std::int64_t moved, deadline d) {
    const auto rows = co_await db_.query_idempotent(load_every, d, moved);
    co_return read_keys(rows);
}

awaitable<bool> key_store::insert_first(stored_key k, std::int64_t moved, deadline d) {
    const db::bytes sealed{k.private_key};
    const auto rows = co_await db_.query(add, d, k.kid, k.algorithm, k.public_jwk, sealed, moved);
    co_return rows.affected() == 1;
}

awaitable<bool> key_store::insert_next(stored_key k, std::int64_t moved, deadline d) {
    const db::bytes sealed{k.private_key};
    const auto rows = co_await db_.query(add_next, d, k.kid, k.algorithm, k.public_jwk, sealed, moved, wall::now());
    co_return !rows.front().is_null(0);
}

awaitable<rotated> key_store::rotate(std::chrono::seconds published, std::int64_t moved, deadline d) {
    const auto rows = co_await db_.query(step, d, published.count(), moved);
    const auto outcome = rows.front().get<std::string>(0);
    co_return outcome == "rotated" ? rotated::done : outcome == "young" ? rotated::young : rotated::none;
}

awaitable<int> key_store::retire(std::chrono::seconds tokens_live, std::int64_t moved, deadline d) {
    const auto rows = co_await db_.query(end_retiring, d, tokens_live.count(), moved);
    co_return static_cast<int>(rows.front().get<std::int32_t>(0));
}

awaitable<bool> key_store::revoke(std::string kid, stored_key instead, std::chrono::seconds tokens_live,
                                  std::int64_t moved, deadline d) {
    const db::bytes sealed{instead.private_key};
    const auto rows = co_await db_.query(end_one, d, kid, instead.kid, instead.algorithm, instead.public_jwk, sealed,
                                         tokens_live.count(), moved, wall::now());
    co_return !rows.front().is_null(0);
}

awaitable<bool> key_store::replace_sealed(std::string kid, std::string was, std::string now, deadline d) {
    const db::bytes before{was}, after{now};
    const auto rows = co_await db_.query(swap_sealed, d, kid, before, after);
    co_return rows.affected() == 1;
}

}  // namespace mita::auth

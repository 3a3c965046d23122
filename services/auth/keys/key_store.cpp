#include "auth/keys/key_store.hpp"

#include "core/clock.hpp"

#include <utility>

namespace mita::auth {

namespace {

constexpr db::statement load_keys{"keys_load",
                                  "select kid, algorithm, state, public_jwk, private_key from signing_keys where state "
                                  "<> 'revoked' order by created_at"};
constexpr db::statement first_key{
    "keys_insert_first",
    "insert into signing_keys (kid, algorithm, state, public_jwk, private_key, created_at, changed_at)"
    " select $1, $2, 'active', $3, $4, $5, $5 where not exists (select 1 from signing_keys where state = 'active')"
    " on conflict do nothing"};

}  // namespace

awaitable<std::vector<stored_key>> key_store::load(deadline d) {
    const auto rows = co_await db_.query_idempotent(load_keys, d);
    std::vector<stored_key> out;
    for (const auto r : rows) {
        stored_key k;
        k.kid = r.get<std::string>(0);
        k.algorithm = r.get<std::string>(1);
        k.state = r.get<std::string>(2);
        k.public_jwk = r.get<std::string>(3);
        k.private_key = r.get<std::string>(4);
        out.push_back(std::move(k));
    }
    co_return out;
}

awaitable<bool> key_store::insert_first(stored_key k, deadline d) {
    const db::bytes sealed{k.private_key};
    const auto rows = co_await db_.query(first_key, d, k.kid, k.algorithm, k.public_jwk, sealed, wall::now());
    co_return rows.affected() == 1;
}

}  // namespace mita::auth

#include "finance/ledger/search_key_store.hpp"

#include "finance/ledger/search_text.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace mita::finance {

namespace {

constexpr std::size_t at_once = 1000;
constexpr char lacking[] =
    "select user_id, id, version, payee, note from transactions where search_key is null "
    "and (payee is not null or note is not null)";
constexpr auto of_person_sql = db::join(lacking, " and user_id = $1 limit 1000");
constexpr db::statement of_person{"finance_unsearchable", of_person_sql};
constexpr auto of_anybody_sql = db::join(lacking, " limit 1000");
constexpr db::statement of_anybody{"finance_unsearchable_any", of_anybody_sql};
// Whose payee is named by it now is another transaction: that is a write. Locks: people, then transactions.
constexpr db::statement keep_keys{
    "finance_search_keys",
    "with k as (select * from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[]) as k(user_id, id, version, "
    "key)), "
    "m as materialized (select move_ledger(user_id, null, null) from (select distinct t.user_id from k "
    "  join transactions t on t.user_id = k.user_id and t.id = k.id and t.payee is not null and t.payee_id is null "
    "  order by 1) u), "
    "x as materialized (select t.user_id, t.id, k.key, t.payee is not null and t.payee_id is null as unnamed from k "
    "  join transactions t on t.user_id = k.user_id and t.id = k.id and t.version = k.version and t.search_key is null "
    "  where (select count(*) from m) >= 0 for update of t skip locked), "
    "n as (update transactions set search_key = x.key, version = transactions.version + 1 from x "
    "  where transactions.user_id = x.user_id and transactions.id = x.id and x.unnamed returning 1), "
    "s as (update transactions set search_key = x.key from x "
    "  where transactions.user_id = x.user_id and transactions.id = x.id and not x.unnamed returning 1) "
    "select (select count(*) from n) + (select count(*) from s)"};

}  // namespace

awaitable<bool> make_searchable(db::pool& db, std::optional<uuid> user, deadline d) {
    db::rows found;
    if (user)
        found = co_await db.query_idempotent(of_person, d, *user);
    else
        found = co_await db.query_idempotent(of_anybody, d);
    std::vector<uuid> users, ids;
    std::vector<std::int64_t> versions;
    std::vector<std::string> keys;
    for (const auto r : found) {
        users.push_back(r.get<uuid>(0));
        ids.push_back(r.get<uuid>(1));
        versions.push_back(r.get<std::int64_t>(2));
        keys.push_back(
            search_key_of(r.get<std::optional<std::string>>(3), r.get<std::optional<std::string>>(4)).value());
    }
    if (ids.empty()) co_return false;
    const auto kept = co_await db.query_idempotent(keep_keys, d, users, ids, versions, keys);
    co_return ids.size() == at_once&& kept.front().get<std::int64_t>(0) > 0;
}

}  // namespace mita::finance

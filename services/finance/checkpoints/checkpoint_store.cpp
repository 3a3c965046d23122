#include "finance/checkpoints/checkpoint_store.hpp"

#include "core/error.hpp"
#include "finance/checkpoints/checkpoint_rows.hpp"
#include "finance/wire/refusals.hpp"

#include <utility>

namespace mita::finance {

namespace {

// known: up to where the days of the account are known, for a checkpoint held there; moved: the first of them that is
// another by now. A checkpoint that does not hold drifts from that day on, or from the first day nothing is known of.
constexpr auto read_sql = db::join(
    "with u as (select * from users where user_id = $1), "
    "known as (select max(day) as day from checkpoints where user_id = $1 and account_id = $2 and held), "
    "moved as (select d.day from (select day, amount from known_days where user_id = $1 and account_id = $2 "
    "    union all select begins, -amount from account_sums where user_id = $1 and account_id = $2 and span = 'day') d "
    "  where d.day <= (select day from known) group by d.day having sum(d.amount) <> 0 order by d.day limit 1) "
    "select u.ledger_version, u.budget_version, a.currency, "
    "case when abs(b.booked) <= 9007199254740991 then b.booked::bigint end, "
    "case when b.booked = c.balance then null when (select day from moved) <= k.day then (select day from moved) "
    "  when k.day < c.day then k.day + 1 end, ",
    checkpoint_columns,
    " from u left join accounts a on a.user_id = $1 and a.id = $2 "
    "left join checkpoints c on c.user_id = $1 and c.account_id = a.id "
    "left join lateral (select balance_at(c.user_id, c.account_id, c.day) as booked) b on c.id is not null "
    "left join lateral (select max(h.day) as day from checkpoints h where h.user_id = $1 and h.account_id = $2 "
    "  and h.held and h.day <= c.day) k on c.id is not null order by c.day desc, c.id desc");
constexpr db::statement read_checkpoints{"finance_checkpoints", read_sql};
constexpr int first_column = 5;
constexpr auto insert_sql = db::join(
    keyed_ledger,
    ", c as (insert into checkpoints (user_id, id, account_id, day, balance, currency, created_at, updated_at) "
    "  select user_id, $11::uuid, $12::uuid, $13::date, $14::bigint, $15::text, $8::timestamptz, "
    "$8::timestamptz from u)",
    keyed_end);
constexpr db::statement insert_checkpoint{"finance_checkpoint_insert", insert_sql};
constexpr db::statement change_checkpoint{
    "finance_checkpoint_change",
    "with u as materialized (select w as user_id from move_ledger($1, $6, $7) as w where w is not null), "
    "c as (update checkpoints set day = $3, balance = $4, version = version + 1, updated_at = $5 from u "
    "  where checkpoints.user_id = u.user_id and id = $2) select 1 from u"};
constexpr db::statement remove_checkpoint{
    "finance_checkpoint_remove",
    "with u as materialized (select w as user_id from move_ledger($1, $4, $5) as w where w is not null), "
    "c as (delete from checkpoints using u where checkpoints.user_id = u.user_id and id = $2) "
    "select remove_for_good(user_id, 'checkpoint', $2::text, $3::timestamptz) from u"};
constexpr char open_until[] =
    "coalesce(t.account_id, t.user_id) = $11::uuid and not t.cleared and t.booked_on <= $12::date "
    "and t.deleted_at is null";
constexpr db::statement count_cleared{
    "finance_checkpoint_marks",
    "select (select count(*) from (select 1 from transactions t where t.user_id = $1 "
    "    and coalesce(t.account_id, t.user_id) = $2 and not t.cleared and t.deleted_at is null "
    "    and t.booked_on <= $3::date limit $5::bigint) open), "
    "(select count(*) from (select 1 from transactions t where t.user_id = $1 and t.cleared_by = $4 "
    "    and t.deleted_at is null limit $5) live), "
    "(select count(*) from (select 1 from transactions t where t.user_id = $1 and t.cleared_by = $4 limit $5) every)"};
constexpr auto reconcile_sql =
    db::join(keyed_ledger,
             ", c as (update checkpoints set reconciled_at = $8::timestamptz, version = version + 1, "
             "    updated_at = $8::timestamptz from u where checkpoints.user_id = u.user_id and id = $13::uuid), "
             "t as (update transactions t set cleared = true, cleared_by = $13::uuid, version = t.version + 1, "
             "writing_by = $14::uuid, writing_with = $15::text, "
             "    updated_at = $8::timestamptz from u where t.user_id = u.user_id and ",
             open_until, ")", keyed_end);
constexpr db::statement reconcile_checkpoint{"finance_checkpoint_reconcile", reconcile_sql};
constexpr auto take_back_sql = db::join(
    keyed_ledger,
    ", c as (update checkpoints set reconciled_at = null, version = version + 1, updated_at = $8::timestamptz from u "
    "    where checkpoints.user_id = u.user_id and id = $11::uuid), "
    "t as (update transactions t set cleared = false, cleared_by = null, version = t.version + 1, writing_by = "
    "$12::uuid, writing_with = $13::text, "
    "    updated_at = $8::timestamptz from u where t.user_id = u.user_id and t.cleared_by = $11)",
    keyed_end);
constexpr db::statement take_back_reconciled{"finance_checkpoint_take_back", take_back_sql};

}  // namespace

awaitable<std::optional<checkpoint_store::of_account>> checkpoint_store::read(const uuid& user, const uuid& account,
                                                                              deadline d) {
    const auto rows = co_await db_.query_idempotent(read_checkpoints, d, user, account);
    if (rows.empty()) co_return std::nullopt;
    const auto head = rows.front();
    of_account out;
    out.version = {head.get<std::int64_t>(0), head.get<std::int64_t>(1)};
    out.currency = head.get<std::optional<std::string>>(2);
    for (const auto r : rows) {
        if (r.is_null(first_column)) break;
        if (r.is_null(3)) throw amount_overflow();
        checked_balance c{checkpoint_from(r, first_column), r.get<std::int64_t>(3), {}};
        if (!r.is_null(4)) c.drifts_from = civil_day(r.get<std::chrono::year_month_day>(4));
        out.all.push_back(std::move(c));
    }
    co_return out;
}

awaitable<write_outcome> checkpoint_store::insert(const uuid& user, const checkpoint& c, const state_before& from,
                                                  const keyed_answer& answer, deadline d) {
    try {
        const auto rows = co_await db_.query(insert_checkpoint, d, user, answer, from, c.id, c.account_id,
                                             std::chrono::year_month_day(c.on), c.balance, c.currency);
        co_return outcome_of(rows);
    } catch (const db::error& fault) {
        if (!fault.is_unique_violation("checkpoints_key")) throw;
    }
    throw api_error(409, "already_exists", "A checkpoint with this id exists.");
}

awaitable<bool> checkpoint_store::change(const uuid& user, const checkpoint& c, const state_before& from, deadline d) {
    const auto rows = co_await db_.query(change_checkpoint, d, user, c.id, std::chrono::year_month_day(c.on), c.balance,
                                         c.updated_at, from);
    co_return !rows.empty();
}

awaitable<bool> checkpoint_store::remove(const uuid& user, const uuid& id, const state_before& from, deadline d) {
    const auto rows = co_await db_.query(remove_checkpoint, d, user, id, wall::now(), from);
    co_return !rows.empty();
}

awaitable<checkpoint_store::marks> checkpoint_store::count_marks(const uuid& user, const checkpoint& c,
                                                                 std::int64_t most, deadline d) {
    const auto rows = co_await db_.query_idempotent(count_cleared, d, user, c.account_id,
                                                    std::chrono::year_month_day(c.on), c.id, most);
    const auto r = rows.front();
    co_return marks{r.get<std::int64_t>(0), r.get<std::int64_t>(1), r.get<std::int64_t>(2)};
}

awaitable<write_outcome> checkpoint_store::reconcile(const uuid& user, const checkpoint& now, const state_before& from,
                                                     const keyed_answer& answer, const writer& by, deadline d) {
    const auto rows = co_await db_.query(reconcile_checkpoint, d, user, answer, from, now.account_id,
                                         std::chrono::year_month_day(now.on), now.id, by);
    co_return outcome_of(rows);
}

awaitable<write_outcome> checkpoint_store::take_back(const uuid& user, const checkpoint& now, const state_before& from,
                                                     const keyed_answer& answer, const writer& by, deadline d) {
    const auto rows = co_await db_.query(take_back_reconciled, d, user, answer, from, now.id, by);
    co_return outcome_of(rows);
}

}  // namespace mita::finance

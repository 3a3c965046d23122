#include "finance/transfers/transfer_store.hpp"

#include "core/error.hpp"
#include "finance/ledger/transaction_rows.hpp"
#include "finance/transfers/legs_sql.hpp"
#include "finance/transfers/transfer_rows.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

namespace mita::finance {

namespace {

using std::chrono::year_month_day;

constexpr auto find_sql =
    db::join("select ", transfer_columns, ", ", transaction_columns, " from transfers x", legs_of_each, lines_of_each,
             " where x.user_id = $1 and x.id = $2 order by ", legs_in_order);
constexpr db::statement find_transfer{"finance_transfer", find_sql, db::sync::shared};

// $2, $3: the place; $4: the first day; $5: how many.
constexpr char live_from_here[] =
    "x.user_id = $1 and x.deleted_at is null and (x.booked_on, x.id) < ($2::date, $3::uuid) and x.booked_on >= "
    "$4::date";
constexpr char newest_first[] = " order by x.booked_on desc, x.id desc limit $5::bigint";
constexpr auto page_end =
    db::join(") select coalesce((select ledger_version from users where user_id = $1), 0), ", transfer_columns, ", ",
             transaction_columns, " from (select 1) one left join (p x", legs_of_each, lines_of_each,
             ") on true order by x.booked_on desc, x.id desc, ", legs_in_order);
constexpr auto page_sql =
    db::join("with p as materialized (select x.* from transfers x where ", live_from_here, newest_first, page_end);
constexpr db::statement page_of_all{"finance_transfers", page_sql};
constexpr auto account_sql = db::join(
    "with p as materialized (select * from ((select x.* from transfers x where x.from_account = $6::uuid and ",
    live_from_here, newest_first, ") union all (select x.* from transfers x where x.to_account = $6::uuid and ",
    live_from_here, newest_first, ")) x", newest_first, page_end);
constexpr db::statement page_of_account{"finance_transfers_account", account_sql};

constexpr auto insert_sql = db::join(
    keyed_ledger, legs_sql,
    ", f as (insert into transfers (user_id, id, from_id, to_id, from_account, to_account, booked_on, paired, before, "
    "    created_at, updated_at) "
    "  select user_id, $14::uuid, $15::uuid, $16::uuid, $17::uuid, $18::uuid, $19::date, $20::boolean, $21::jsonb, "
    "    $8::timestamptz, $8::timestamptz from u)",
    keyed_end);
constexpr db::statement insert_transfer{"finance_transfer_insert", insert_sql};
constexpr auto change_sql =
    db::join(keyed_ledger, legs_sql,
             ", f as (update transfers x set from_account = $15::uuid, to_account = $16::uuid, booked_on = $17::date, "
             "    deleted_at = $18::timestamptz, updated_at = $8::timestamptz, version = x.version + 1 from u "
             "  where x.user_id = u.user_id and x.id = $14::uuid)",
             keyed_end);
constexpr db::statement change_transfer{"finance_transfer_change", change_sql};
constexpr auto part_sql = db::join(
    keyed_ledger, legs_sql,
    ", f as (delete from transfers x using u where x.user_id = u.user_id and x.id = $14::uuid), "
    "g as materialized (select user_id, remove_for_good(user_id, 'transfer', $14::uuid::text, $8::timestamptz) from u)",
    keyed_end, " left join g on g.user_id = k.writer");
constexpr db::statement part_transfer{"finance_transfer_part", part_sql};

// Everything up to and with the last day asked for is before this place.
transaction_place newest(const transfer_filter& filter) {
    constexpr civil_day last = std::chrono::year(9998) / 12 / 31;
    return {std::min(filter.to.value_or(last), last) + std::chrono::days(1), uuid()};
}

std::optional<std::string> stored(const std::vector<put_aside>& before) {
    auto text = text_of(before);
    if (text.empty()) return std::nullopt;
    return text;
}

}  // namespace

awaitable<std::optional<transfer>> transfer_store::find(const uuid& user, const uuid& id, deadline d) {
    const auto rows = co_await db_.query_idempotent(find_transfer, d, user, id);
    auto found = transfers_from(rows);
    if (found.empty()) co_return std::nullopt;
    co_return std::move(found.front());
}

awaitable<transfer_page> transfer_store::page(const uuid& user, const transfer_filter& filter,
                                              std::optional<transaction_place> after, int limit, deadline d) {
    const auto place = after ? *after : newest(filter);
    const year_month_day before(place.day);
    const year_month_day first(filter.from.value_or(civil_day(std::chrono::year(1) / 1 / 1)));
    const std::int64_t want = limit + 1;
    db::rows rows;
    if (filter.account) {
        rows = co_await db_.query_idempotent(page_of_account, d, user, before, place.id, first, want, *filter.account);
    } else {
        rows = co_await db_.query_idempotent(page_of_all, d, user, before, place.id, first, want);
    }
    transfer_page page;
    page.ledger_version = rows.front().get<std::int64_t>(0);
    page.entries = transfers_from(rows, 1);
    if (std::cmp_greater(page.entries.size(), limit)) {
        page.entries.resize(static_cast<std::size_t>(limit));
        page.next = transaction_place{page.entries.back().from.booked_on, page.entries.back().id};
    }
    co_return page;
}

awaitable<write_outcome> transfer_store::create(const uuid& user, const transfer& t, const state_before& from,
                                                const keyed_answer& answer, writer by, deadline d) {
    const auto legs = records_of(std::array{t.from, t.to});
    try {
        const auto rows = co_await db_.query(insert_transfer, d, user, answer, from, legs, by, t.id, t.from.id, t.to.id,
                                             t.from.account_id, t.to.account_id, year_month_day(t.from.booked_on),
                                             t.paired, stored(t.before));
        co_return outcome_of(rows);
    } catch (const db::error& e) {
        if (!e.is_unique_violation("transfers_key")) throw;
    }
    throw api_error(409, "already_exists", "A transfer with this id exists.");
}

awaitable<write_outcome> transfer_store::change(const uuid& user, const transfer& now, const state_before& from,
                                                const keyed_answer& answer, writer by, deadline d) {
    const auto legs = records_of(std::array{now.from, now.to});
    const auto rows = co_await db_.query(change_transfer, d, user, answer, from, legs, by, now.id, now.from.account_id,
                                         now.to.account_id, year_month_day(now.from.booked_on), now.deleted_at);
    co_return outcome_of(rows);
}

awaitable<write_outcome> transfer_store::part(const uuid& user, const uuid& id,
                                              const std::pair<transaction, transaction>& legs, const state_before& from,
                                              const keyed_answer& answer, writer by, deadline d) {
    const auto text = records_of(std::array{legs.first, legs.second});
    const auto rows = co_await db_.query(part_transfer, d, user, answer, from, text, by, id);
    co_return outcome_of(rows);
}

}  // namespace mita::finance

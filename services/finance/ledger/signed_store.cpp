#include "finance/ledger/signed_store.hpp"

#include "core/error.hpp"
#include "finance/ledger/entry_effects.hpp"
#include "finance/ledger/search_text.hpp"
#include "finance/ledger/transaction_records.hpp"
#include "finance/payees/payee_word.hpp"

#include <chrono>
#include <string>
#include <utility>

namespace mita::finance {

namespace {

using std::chrono::year_month_day;

// As keyed_ledger. p: whom the payee means, by its word ($27), else the new one that the answer names ($28). The answer
// is made before this is known, in one round trip: it is kept, and given, with the one in the other's place.
constexpr char keyed_with_payee[] =
    "with p as materialized (select coalesce((select w.payee_id from payee_words w where w.user_id = $1::uuid "
    "    and md5(w.word) = md5($27::text)), $28::uuid) as id), "
    "k as materialized (select b.*, p.id as payee_id from p cross join lateral begin_keyed($1::uuid, $2::text, "
    "    $3::text, $4::bytea, $5::integer, $6::text, coalesce(replace($7::text, $28::text, p.id::text), $7::text), "
    "    $8::timestamptz, 'ledger', $9::bigint, $10::bigint) b), "
    "u as (select writer as user_id from k where writer is not null)";
constexpr char with_payee_end[] =
    " select writer is not null, kept_print, kept_code, kept_head, kept_answer, payee_id from k";
// The one of a POST; its lines come as arrays.
constexpr auto insert_one_sql = db::join(
    keyed_with_payee,
    ", i as (select u.user_id, $11::uuid as id, $12::date as booked_on, $13::bigint as amount, $14::text as currency, "
    "    $15::uuid as account_id, $16::timestamptz as occurred_at, $17::text as payee, $18::text as note, "
    "    $19::text[] as tags, $23::text as bill_id, $24::boolean as bill_unlinked, $25::text as search_key, "
    "    $26::boolean as counts, $28::uuid as payee_id, $29::uuid as written_by, $30::text as written_with, "
    "$31::boolean as cleared from u), "
    "x as (select i.user_id, i.id, i.booked_on, i.counts, l.* from i, "
    "  unnest($20::text[], $21::bigint[], $22::text[]) with ordinality as l(category, amount, note, n))",
    insert_effects, with_payee_end);
constexpr db::statement insert_transaction{"finance_transaction_insert", insert_one_sql};

// $11: the records; $12, $13: who; $14: the act.
constexpr char keep_act[] =
    ", act as (insert into transaction_acts (user_id, id, made_at, entries, versions) "
    "  select user_id, $14::uuid, $8::timestamptz, array_agg(id), array_agg(version) from i "
    "  where $14::uuid is not null group by user_id)";
constexpr auto records_sql =
    db::join(keyed_ledger,
             ", i as materialized (select u.user_id, e.*, $12::uuid as written_by, $13::text as written_with "
             "  from u cross join jsonb_to_recordset($11::jsonb) as e",
             record_columns, "), ", lines_of_records);
constexpr auto insert_sql = db::join(records_sql, insert_effects, keep_act, keyed_end);
constexpr db::statement insert_transactions{"finance_transactions_insert", insert_sql};

// Live, deleted or back, as the records say; each from the version before the one it names.
constexpr auto change_sql = db::join(
    records_sql,
    ", t as (update transactions t set booked_on = i.booked_on, amount = i.amount, currency = i.currency, "
    "    account_id = nullif(i.account_id, i.user_id), occurred_at = i.occurred_at, payee = i.payee, note = i.note, "
    "    tags = i.tags, bill_id = i.bill_id, bill_unlinked = i.bill_unlinked, search_key = i.search_key, "
    "    deleted_at = i.deleted_at, version = i.version, updated_at = $8::timestamptz, payee_id = i.payee_id, cleared "
    "= i.cleared, "
    "    writing_by = i.written_by, writing_with = i.written_with from i "
    "  where t.user_id = i.user_id and t.id = i.id and t.version = i.version - 1)",
    change_effects, keep_act, keyed_end);
constexpr db::statement change_transactions{"finance_transactions_change", change_sql};

struct line_columns {
    std::vector<std::string> category, note;
    std::vector<std::int64_t> value;

    explicit line_columns(const transaction& t) {
        for (const auto& line : t.lines) {
            category.push_back(line.category);
            note.push_back(line.note.value_or(""));
            value.push_back(line.value);
        }
    }
};

std::optional<std::string> text_or_null(const std::string& text) {
    if (text.empty()) return std::nullopt;
    return text;
}

std::optional<std::string> word_of_payee(const transaction& t) {
    if (!t.payee_id) return std::nullopt;
    return payee_word_of(t.payee.value());
}

// The answer, which names the payee by the id it had at hand.
void name_payee(http::response& answer, const std::optional<uuid>& supposed, const std::optional<uuid>& meant) {
    if (supposed == meant) return;
    const auto id = supposed->str();
    const auto at = answer.body.find(id);
    if (at != std::string::npos) answer.body.replace(at, id.size(), meant->str());
}

}  // namespace

awaitable<write_outcome> signed_store::create(const uuid& user, const transaction& t, const state_before& from,
                                              const keyed_answer& answer, http::response& given, deadline d) {
    const line_columns lines(t);
    const year_month_day day(t.booked_on);
    try {
        const auto rows = co_await db_.query(
            insert_transaction, d, user, answer, from, t.id, day, t.value, t.currency, t.account_id, t.occurred_at,
            t.payee, t.note, t.tags, lines.category, lines.value, lines.note, text_or_null(t.bill_id), t.bill_unlinked,
            search_key_of(t.payee, t.note), t.counts, word_of_payee(t), t.payee_id, by_, t.cleared);
        name_payee(given, t.payee_id, rows.front().get<std::optional<uuid>>(5));
        co_return outcome_of(rows);
    } catch (const db::error& e) {
        // Whichever of the two is written first; a deleted transaction keeps its lines.
        if (!e.is_unique_violation("transactions_key") && !e.is_unique_violation("transaction_lines_key")) throw;
    }
    throw api_error(409, "already_exists", "A transaction with this id exists.");
}

awaitable<write_outcome> signed_store::create_many(const uuid& user, std::span<const transaction> entries,
                                                   state_before from, keyed_answer answer, std::optional<uuid> act,
                                                   deadline d) {
    const auto records = records_of(entries);
    const auto rows = co_await db_.query(insert_transactions, d, user, answer, from, records, by_, act);
    co_return outcome_of(rows);
}

awaitable<write_outcome> signed_store::change_many(const uuid& user, std::span<const transaction> entries,
                                                   state_before from, keyed_answer answer, std::optional<uuid> act,
                                                   deadline d) {
    const auto records = records_of(entries);
    const auto rows = co_await db_.query(change_transactions, d, user, answer, from, records, by_, act);
    co_return outcome_of(rows);
}

awaitable<bool> signed_store::change(const uuid& user, const transaction& now, const state_before& from, deadline d) {
    const http::response unkept;
    const keyed_answer unkeyed{nullptr, unkept, now.updated_at};
    const auto came = co_await change_many(user, std::span(&now, 1), from, unkeyed, std::nullopt, d);
    co_return came.how == write_outcome::kind::written;
}

}  // namespace mita::finance

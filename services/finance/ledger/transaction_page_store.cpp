#include "finance/ledger/transaction_page_store.hpp"

#include "core/error.hpp"
#include "finance/ledger/search_key_store.hpp"
#include "finance/ledger/search_text.hpp"
#include "finance/ledger/transaction_rows.hpp"
#include "finance/payees/payee_word.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <utility>

namespace mita::finance {

namespace {

using std::chrono::year_month_day;

// The constant limit makes the generic plan as good as one made for it.
constexpr char page_begin[] = "select u.ledger_version, ";
constexpr char page_of[] =
    " from users u left join lateral (select * from transactions where user_id = $1 and deleted_at is null "
    "  and (booked_on, id) < ($2::date, $3::uuid) and booked_on >= $4::date "
    "  order by booked_on desc, id desc limit ";
constexpr char of_person[] = " on true where u.user_id = $1";
constexpr char page_end[] = " order by t.booked_on desc, t.id desc, l.n";
constexpr auto short_sql = db::join(page_begin, transaction_columns, page_of, "51) t on true left join lateral ",
                                    lines_of_each, of_person, page_end);
constexpr db::statement short_page{"finance_page_short", short_sql};
constexpr int short_limit = 50;
constexpr auto long_sql = db::join(page_begin, transaction_columns, page_of, "501) t on true left join lateral ",
                                   lines_of_each, of_person, page_end);
constexpr db::statement long_page{"finance_page_long", long_sql};

// `w` is what is looked at, `t` what fits. Each row also says how many were looked at, the last of them, and whether
// there are entries without a search key while it is searched for words or a payee.
constexpr char sifted_begin[] =
    "select ($10::text is not null or $12::text is not null) and exists (select 1 from transactions x "
    "  where x.user_id = $1 and x.search_key is null and (x.payee is not null or x.note is not null)), c.looked_at, "
    "e.booked_on, e.id, coalesce((select ledger_version from users where user_id = $1), 0), ";
constexpr auto sifted_end =
    db::join(sifted_begin, transaction_columns,
             " from (select count(*) as looked_at from w) c "
             "left join (select booked_on, id from w order by booked_on, id limit 1) e on true left join t on true "
             "left join lateral ",
             lines_of_each, " on true", page_end);
constexpr int of_each_sifted = 5;
// What a transaction f must be for every filter but days and category; and for all but days.
constexpr char this_payee[] =
    "(select p.id from (select w.payee_id as id from payee_words w where w.user_id = $1 "
    "    and md5(w.word) = md5($12::text) union all select $14::uuid) p where p.id is not null limit 1)";
constexpr char fits_most[] =
    "($7::uuid is null or coalesce(f.account_id, f.user_id) = $7) and f.amount between $8::bigint and $9::bigint "
    "  and ($10::text is null or f.search_key like $10) and ($11::text is null or f.tags @> array[$11::text]) "
    "  and ($15::boolean is null or f.cleared = $15) "
    "  and ($12::text is null or f.payee_id = ";
constexpr auto fits_beside = db::join(fits_most, this_payee, ")");
constexpr auto fits =
    db::join(fits_beside,
             " and ($13::text is null or exists (select 1 from transaction_lines l where l.user_id = f.user_id "
             "  and l.transaction_id = f.id and l.category = $13))");
constexpr char newest_first[] = " order by f.booked_on desc, f.id desc limit ";
constexpr char from_here[] = "(f.booked_on, f.id) < ($2::date, $3::uuid) and f.booked_on >= $4::date";
constexpr char of_live[] =
    "with w as materialized (select f.* from transactions f where f.user_id = $1 "
    "  and f.deleted_at is null and ";
constexpr auto of_those = db::join(newest_first, "$5::bigint), t as (select f.* from w f where ", fits, newest_first,
                                   "$6::bigint) ", sifted_end);
constexpr auto sifted_sql = db::join(of_live, from_here, of_those);
constexpr db::statement sifted_page{"finance_page_sifted", sifted_sql};
// The same of one account and of one payee, each in the order of its index.
constexpr auto account_sql =
    db::join(of_live, "coalesce(f.account_id, f.user_id) = $7::uuid and ", from_here, of_those);
constexpr db::statement account_page{"finance_page_account", account_sql};
constexpr auto payee_sql = db::join(of_live, "f.payee_id = ", this_payee, " and ", from_here, of_those);
constexpr db::statement payee_page{"finance_page_payee", payee_sql};

// What is cleared, or what is not, of one account or of each: in the order of the index of every account.
constexpr auto cleared_sql = db::join(
    "with w as materialized (select f.* from accounts a cross join lateral (select * from transactions f "
    "  where f.user_id = $1 and f.deleted_at is null and coalesce(f.account_id, f.user_id) = a.id "
    "  and f.cleared = $15::boolean and ",
    from_here, newest_first, "$5::bigint) f where a.user_id = $1 and ($7::uuid is null or a.id = $7)", of_those);
constexpr db::statement cleared_page{"finance_page_cleared", cleared_sql};

// The same by the index of words: everything that has them is looked at.
constexpr auto worded_sql = db::join(
    "with w as materialized (select f.booked_on, f.id from transactions f where f.user_id = $1 "
    "  and f.search_key like $10 and f.deleted_at is null and ",
    from_here, " and ", fits,
    "), t as (select f.* from (select * from w order by booked_on desc, id desc limit $6::bigint) d "
    "  cross join lateral (select * from transactions t where t.user_id = $1 and t.id = d.id offset 0) f "
    "  where $5::bigint > 0) ",
    sifted_end);
constexpr db::statement worded_page{"finance_page_worded", worded_sql};

// The same by amounts, of each year at once (entries_by_amount in the schema): those of the amounts are looked at.
constexpr auto amount_sql = db::join(
    "with w as materialized (select e.booked_on, e.id from entries_by_amount($1, $8, $9, $2::date, $3::uuid, "
    "    $4::date, $5::bigint) e), "
    "t as (select f.* from w d cross join lateral (select * from transactions t where t.user_id = $1 and t.id = d.id "
    "  offset 0) f where ",
    fits, newest_first, "$6::bigint) ", sifted_end);
constexpr db::statement amount_page{"finance_page_amount", amount_sql};

// That they live is asked outside, as there are indexes of the living by less than their id, which a planner that has
// no figures yet would take. The same by another table in that order: of lines (a transaction is of a category when one
// of its lines is), of tags.
constexpr char those_of[] =
    "(booked_on, transaction_id) < ($2::date, $3::uuid) and booked_on >= $4::date "
    "  order by booked_on desc, transaction_id desc limit $5::bigint), "
    "t as (select f.* from (select distinct booked_on, id from w) d cross join lateral (select * "
    "  from transactions t where t.user_id = $1 and t.id = d.id offset 0) f where f.deleted_at is null and ";
constexpr auto category_sql = db::join(
    "with w as materialized (select booked_on, transaction_id as id from transaction_lines where user_id = $1 "
    "  and category = $13::text and ",
    those_of, fits_beside, newest_first, "$6::bigint) ", sifted_end);
constexpr db::statement category_page{"finance_page_category", category_sql};
constexpr auto tag_sql = db::join(
    "with w as materialized (select booked_on, transaction_id as id from transaction_tags where user_id = $1 "
    "  and tag = $11::text and ",
    those_of, fits, newest_first, "$6::bigint) ", sifted_end);
constexpr db::statement tag_page{"finance_page_tag", tag_sql};

// How a try looks for what no keyset serves: through so many of the newest, or by the index of words through all.
struct look {
    int rows = 0;
    bool by_words = false;
    bool by_amount = false;
};
// What an index brings in order; the filters beside it are sifted.
enum class driver : std::uint8_t { tag, payee, category, cleared, account, none };
driver driver_of(const transaction_filter& f) {
    if (f.tag) return driver::tag;
    if (f.payee) return driver::payee;
    if (f.category) return driver::category;
    if (f.cleared && !f.text) return driver::cleared;
    return f.account ? driver::account : driver::none;
}

// Is there nothing to sift beside what the index brings?
bool alone(const transaction_filter& f) {
    const bool of_account = f.account || f.cleared;  // one index has both
    const int drivers = int{f.tag.has_value()} + int{f.payee.has_value()} + int{f.category.has_value()} + of_account;
    return drivers == 1 && !f.sifts();
}

// The first and the second try of one request. Of what an index brings most fit; words that are often used are among
// the newest, the others are found by their index.
std::array<look, 2> looks_for(const transaction_filter& filter, int limit) {
    if (alone(filter)) return {look{2 * (limit + 1)}, look{5'000}};
    const auto words = filter.text ? pattern_of(*filter.text) : std::nullopt;
    const bool in_no_order = driver_of(filter) == driver::none;
    const bool by_words = in_no_order && words && words->indexed;
    const bool by_amount = in_no_order && !filter.text;
    return {look{1'000}, look{by_amount ? limit + 1 : 5'000, by_words, by_amount}};
}

// Everything up to and with the last day asked for is before this place.
transaction_place newest(const transaction_filter& filter) {
    constexpr civil_day last = std::chrono::year(9998) / 12 / 31;
    return {std::min(filter.to.value_or(last), last) + std::chrono::days(1), uuid()};
}

struct sifted {
    std::vector<transaction> entries;
    std::int64_t ledger_version = 0;
    bool unsearchable = false;              // there are entries no word is found in yet
    std::optional<transaction_place> edge;  // the last looked at, when there may be more
};

awaitable<sifted> sift(db::pool& db, const uuid& user, const transaction_filter& f, transaction_place from, look how,
                       int want, deadline d) {
    const year_month_day before(from.day);
    const year_month_day first(f.from.value_or(civil_day(std::chrono::year(1) / 1 / 1)));
    const amount min = f.min.value_or(-max_amount);
    const amount max = f.max.value_or(max_amount);
    std::optional<std::string> words;
    if (f.text) words = pattern_of(*f.text).value().like;
    std::optional<std::string> payee;
    std::optional<uuid> payee_id;
    if (f.payee) {
        payee = payee_word_of(*f.payee);
        payee_id = uuid::parse(*f.payee);
    }
    const auto ask = [&](const db::statement& which) {
        return db.query_idempotent(which, d, user, before, from.id, first, how.rows, want, f.account, min, max, words,
                                   f.tag, payee, f.category, payee_id, f.cleared);
    };
    db::rows rows;
    const auto by = how.by_words ? driver::none : driver_of(f);
    if (by == driver::category) {
        rows = co_await ask(category_page);
    } else if (by == driver::tag) {
        rows = co_await ask(tag_page);
    } else if (by == driver::payee) {
        rows = co_await ask(payee_page);
    } else if (by == driver::cleared) {
        rows = co_await ask(cleared_page);
    } else if (by == driver::account) {
        rows = co_await ask(account_page);
    } else if (how.by_amount) {
        rows = co_await ask(amount_page);
    } else if (how.by_words) {
        rows = co_await ask(worded_page);
    } else {
        rows = co_await ask(sifted_page);
    }
    sifted out;
    const auto r = rows.front();
    out.unsearchable = r.get<bool>(0);
    out.ledger_version = r.get<std::int64_t>(4);
    out.entries = transactions_from(rows, of_each_sifted);
    if (!how.by_words && r.get<std::int64_t>(1) == how.rows)
        out.edge = {civil_day(r.get<year_month_day>(2)), r.get<uuid>(3)};
    co_return out;
}

transaction_place place_of(const transaction& t) { return {t.booked_on, t.id}; }

// One more was asked for than is wanted: is it there?
void close_page(transaction_page& page, int limit) {
    const auto wanted = static_cast<std::size_t>(limit);
    if (page.entries.size() <= wanted) return;
    page.entries.resize(wanted);
    page.next = place_of(page.entries.back());
}

awaitable<void> make_all_searchable(db::pool& db, const uuid& user, deadline d) {
    constexpr std::chrono::seconds for_the_search{1};
    for (bool more = true; more;) {
        if (d.remaining() < for_the_search)
            throw overloaded("old entries are being made searchable; there are fewer now");
        more = co_await make_searchable(db, user, d);
    }
}

awaitable<transaction_page> read_sifted(db::pool& db, const uuid& user, const transaction_filter& filter,
                                        transaction_place from, int limit, deadline d) {
    transaction_page page;
    bool read = false;
    for (const look how : looks_for(filter, limit)) {
        const int want = limit + 1 - static_cast<int>(page.entries.size());
        auto found = co_await sift(db, user, filter, from, how, want, d);
        if (found.unsearchable) {
            co_await make_all_searchable(db, user, d);
            found = co_await sift(db, user, filter, from, how, want, d);
        }
        if (!read) page.ledger_version = found.ledger_version;
        read = true;
        std::ranges::move(found.entries, std::back_inserter(page.entries));
        close_page(page, limit);
        if (page.next || !found.edge) co_return page;
        from = *found.edge;
    }
    page.next = from;
    co_return page;
}

}  // namespace

awaitable<transaction_page> read_page(db::pool& db, const uuid& user, const transaction_filter& filter,
                                      std::optional<transaction_place> from, int limit, deadline d) {
    const auto place = from ? *from : newest(filter);
    if (filter.sifts() || driver_of(filter) != driver::none) {
        auto sifted_rows = co_await read_sifted(db, user, filter, place, limit, d);
        co_return sifted_rows;
    }
    const year_month_day before(place.day);
    const year_month_day first(filter.from.value_or(civil_day(std::chrono::year(1) / 1 / 1)));
    const auto& which = limit <= short_limit ? short_page : long_page;
    const auto rows = co_await db.query_idempotent(which, d, user, before, place.id, first);
    transaction_page page;
    page.entries = transactions_from(rows, 1);
    if (!rows.empty()) page.ledger_version = rows.front().get<std::int64_t>(0);
    close_page(page, limit);
    co_return page;
}

}  // namespace mita::finance

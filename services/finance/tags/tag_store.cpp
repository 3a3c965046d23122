#include "finance/tags/tag_store.hpp"

#include <utility>

namespace mita::finance {

namespace {

constexpr db::statement list_tags{
    "finance_tags",
    "select u.ledger_version, c.tag, c.uses from users u left join lateral (select tag, uses from tag_counts c "
    "    where c.user_id = $1 and c.tag collate \"C\" > $2::text and c.tag collate \"C\" >= $3::text "
    "    and c.tag collate \"C\" < $4::text and starts_with(c.tag, $3) order by c.tag collate \"C\" limit $5::bigint) "
    "c on true "
    "where u.user_id = $1 order by c.tag collate \"C\""};
constexpr db::statement count_uses{
    "finance_tag_uses",
    "select u.ledger_version, (select count(*) from (select distinct transaction_id from (select g.transaction_id "
    "    from unnest($2::text[]) as asked(tag) cross join lateral (select transaction_id from transaction_tags g "
    "      where g.user_id = $1 and g.tag = asked.tag limit $3::bigint) g) g) t) from users u where u.user_id = $1"};
// The order stays; what is there twice then is there once, at its first place.
constexpr auto replace_sql = db::join(
    keyed_ledger,
    ", t as (update transactions set version = version + 1, updated_at = $8::timestamptz, writing_by = $13::uuid, "
    "    writing_with = $14::text, tags = array("
    "    select tag from (select case when tag = any($11::text[]) then $12::text else tag end as tag, min(n) as n "
    "      from unnest(tags) with ordinality as had(tag, n) group by 1) has where tag is not null order by n) from u "
    "  where transactions.user_id = u.user_id and deleted_at is null and id in (select g.transaction_id "
    "    from transaction_tags g where g.user_id = $1 and g.tag = any($11)))",
    keyed_end);
constexpr db::statement replace_tags{"finance_tag_replace", replace_sql};

}  // namespace

awaitable<tag_store::page> tag_store::list(const uuid& user, const std::string& prefix, const std::string& after,
                                           int limit, deadline d) {
    const auto end = prefix + "\xf4\x8f\xbf\xbf";  // the last code point there can be
    const auto rows = co_await db_.query_idempotent(list_tags, d, user, after, prefix, end, std::int64_t{limit} + 1);
    page out;
    if (rows.empty()) co_return out;
    out.ledger_version = rows.front().get<std::int64_t>(0);
    for (const auto r : rows) {
        if (r.is_null(1)) break;
        out.more = std::cmp_equal(out.entries.size(), limit);
        if (out.more) break;
        out.entries.push_back({r.get<std::string>(1), r.get<std::int64_t>(2)});
    }
    co_return out;
}

awaitable<tag_store::uses> tag_store::count(const uuid& user, const std::vector<std::string>& tags, std::int64_t most,
                                            deadline d) {
    const auto rows = co_await db_.query_idempotent(count_uses, d, user, tags, most);
    if (rows.empty()) co_return uses{};
    co_return uses{rows.front().get<std::int64_t>(0), rows.front().get<std::int64_t>(1)};
}

awaitable<write_outcome> tag_store::replace(const uuid& user, const std::vector<std::string>& from,
                                            const std::optional<std::string>& into, const state_before& judged_by,
                                            const keyed_answer& answer, writer by, deadline d) {
    const auto rows = co_await db_.query(replace_tags, d, user, answer, judged_by, from, into, by);
    co_return outcome_of(rows);
}

}  // namespace mita::finance

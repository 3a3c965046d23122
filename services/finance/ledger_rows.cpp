#include "finance/ledger_rows.hpp"

#include <chrono>
#include <string_view>
#include <utility>

namespace mita::finance {

using std::chrono::year_month_day;

std::vector<transaction> transactions_from(const db::rows& rows) {
    std::vector<transaction> out;
    for (const auto r : rows) {
        if (r.is_null(0)) continue;
        const auto id = r.get<uuid>(0);
        if (out.empty() || out.back().id != id) {
            auto& t = out.emplace_back();
            t.id = id;
            t.account_id = r.get<std::optional<uuid>>(1);
            t.booked_on = civil_day(r.get<year_month_day>(2));
            t.occurred_at = r.get<std::optional<wall::time_point>>(3);
            t.value = r.get<std::int64_t>(4);
            t.currency = r.get<std::string>(5);
            t.payee = r.get<std::optional<std::string>>(6);
            t.note = r.get<std::optional<std::string>>(7);
            t.tags = r.get<std::vector<std::string>>(8);
            t.bill_id = r.get<std::optional<std::string>>(9).value_or("");
            t.bill_unlinked = r.get<bool>(10);
            t.version = r.get<std::int64_t>(11);
            t.created_at = r.get<wall::time_point>(12);
            t.updated_at = r.get<wall::time_point>(13);
            t.deleted_at = r.get<std::optional<wall::time_point>>(14);
        }
        out.back().lines.push_back(
            {r.get<std::string>(15), r.get<std::int64_t>(16), r.get<std::optional<std::string>>(17)});
    }
    return out;
}

category_book book_from(const db::rows& rows) {
    std::vector<category_entry> own;
    for (const auto r : rows) {
        category_entry e;
        e.id = r.get<std::string>(0);
        e.name = r.get<std::string>(1);
        e.cls = parse_class(r.get<std::string_view>(2)).value();
        e.aliases = r.get<std::vector<std::string>>(3);
        e.archived = r.get<bool>(4);
        e.version = r.get<std::int64_t>(5);
        e.created_at = r.get<wall::time_point>(6);
        own.push_back(std::move(e));
    }
    return category_book(std::move(own));
}

profile profile_from(const db::row& r, const uuid& id) {
    const auto day = [&r](int column) -> std::optional<civil_day> {
        const auto found = r.get<std::optional<year_month_day>>(column);
        if (!found) return std::nullopt;
        return civil_day(*found);
    };
    profile p;
    p.id = id;
    p.timezone = r.get<std::string>(0);
    p.currency = r.get<std::string>(1);
    p.locale = r.get<std::string>(2);
    p.region = r.get<std::string>(3);
    p.cover = r.get<bool>(4);
    p.onboarded_on = day(5);
    p.planned_from = day(6);
    p.plan_version = r.get<std::int64_t>(7);
    p.budget_version = r.get<std::int64_t>(8);
    p.ledger_version = r.get<std::int64_t>(9);
    p.version = r.get<std::int64_t>(10);
    p.created_at = r.get<wall::time_point>(11);
    p.updated_at = r.get<wall::time_point>(12);
    return p;
}

}  // namespace mita::finance

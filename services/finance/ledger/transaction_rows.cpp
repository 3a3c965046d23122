#include "finance/ledger/transaction_rows.hpp"

#include <chrono>
#include <optional>
#include <string>

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

}  // namespace mita::finance

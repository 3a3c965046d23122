#include "finance/ledger/transaction_rows.hpp"

#include "db/columns.hpp"
#include "finance/wire/json_columns.hpp"

#include <boost/json/parse.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <utility>

namespace mita::finance {

namespace {

using std::chrono::year_month_day;
using maybe_text = std::optional<std::string>;

// In the order of transaction_columns.
template <class Columns>
void append_line(std::vector<transaction>& to, Columns in) {
    const auto id = in.template next<uuid>();
    transaction_line line;
    line.category = in.template next<std::string>();
    line.value = in.template next<std::int64_t>();
    line.note = in.template next<maybe_text>();
    if (to.empty() || to.back().id != id) {
        auto& t = to.emplace_back();
        t.id = id;
        t.account_id = in.template next<uuid>();
        t.counts = in.template next<bool>();
        t.booked_on = civil_day(in.template next<year_month_day>());
        t.occurred_at = in.template next<std::optional<wall::time_point>>();
        t.value = in.template next<std::int64_t>();
        t.currency = in.template next<std::string>();
        t.payee = in.template next<maybe_text>();
        t.note = in.template next<maybe_text>();
        t.tags = in.template next<std::vector<std::string>>();
        t.bill_id = in.template next<maybe_text>().value_or("");
        t.bill_unlinked = in.template next<bool>();
        t.version = in.template next<std::int64_t>();
        t.created_at = in.template next<wall::time_point>();
        t.updated_at = in.template next<wall::time_point>();
        t.deleted_at = in.template next<std::optional<wall::time_point>>();
        t.transfer_id = in.template next<std::optional<uuid>>();
        t.payee_id = in.template next<std::optional<uuid>>();
        t.cleared = in.template next<bool>();
        t.other_account = in.template next<std::optional<uuid>>();
    }
    to.back().lines.push_back(std::move(line));
}

}  // namespace

std::vector<transaction> transactions_from(const db::rows& rows, int first) {
    std::vector<transaction> out;
    for (const auto r : rows)
        if (!r.is_null(first)) append_line(out, db::columns(r, first));
    return out;
}

void append_row(std::vector<transaction>& to, const db::row& row, int first) {
    append_line(to, db::columns(row, first));
}

void append_row(std::vector<transaction>& to, std::string_view json) {
    const auto row = boost::json::parse(json);
    append_line(to, json_columns(row.as_array()));
}

void append_rows(std::vector<transaction>& to, std::string_view json) {
    const auto rows = boost::json::parse(json);
    for (const auto& row : rows.as_array()) append_line(to, json_columns(row.as_array()));
}

}  // namespace mita::finance

#include "finance/month/view_parts.hpp"

#include "finance/domain/verdict.hpp"

#include <cstddef>

namespace mita::finance {

bool shown(const category_view& c, int day) {
    const auto at = static_cast<std::size_t>(day);
    return c.planned || c.baseline[at] != 0 || c.budget[at] != 0 || c.spent[at] != 0;
}

void append_bill(json_out& out, const bill_view& b) {
    out.open('{').field("id", b.what.id).field("name", b.what.name);
    if (of_budget(b.what)) out.field("category", b.what.category);
    out.field("date", b.what.day).money("money", b.what.value).field("status", bill_status_name(b.status));
    if (b.paid_on) out.field("paid_on", *b.paid_on);
    if (b.paid_by) out.field("transaction_id", b.paid_by->str());
    out.money("paid_money", b.paid);
    if (const auto& way = b.what.between)
        out.field("from_account_id", way->from.str()).field("to_account_id", way->to.str());
    const bool one_paid_it = b.paid_by && b.payments.size() == 1;
    if (!one_paid_it && !b.payments.empty()) append_entries(out, "payments", b.payments);
    out.close('}');
}

void append_income(json_out& out, const income_view& i, bool with_entries) {
    out.open('{');
    if (with_entries) out.field("id", i.what.id);
    out.field("name", i.what.name).field("category", i.what.category).field("date", i.what.day);
    out.money("expected_money", i.what.value).money("received_money", i.received);
    out.field("state", income_state_name(i.state));
    if (with_entries) append_entries(out, "receipts", i.receipts);
    out.close('}');
}

void append_entries(json_out& out, std::string_view name, const std::vector<entry_view>& entries) {
    out.key(name).open('[');
    for (const auto& e : entries) {
        out.open('{').field("transaction_id", e.transaction_id.str()).field("booked_on", e.booked_on);
        out.money("money", e.value).close('}');
    }
    out.close(']');
}

void append_numbers(json_out& out, amount budget, amount spent) {
    out.field("verdict", verdict_name(judge(budget, spent)));
    out.money("budget_money", budget).money("spent_money", spent);
}

}  // namespace mita::finance

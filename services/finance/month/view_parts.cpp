#include "finance/month/view_parts.hpp"

#include "finance/domain/verdict.hpp"

#include <cstddef>

namespace mita::finance {

bool shown(const category_view& c, int day) {
    const auto at = static_cast<std::size_t>(day);
    return c.planned || c.baseline[at] != 0 || c.budget[at] != 0 || c.spent[at] != 0;
}

void append_bill(json_out& out, const bill_view& b) {
    out.open('{').field("id", b.what.id).field("name", b.what.name).field("category", b.what.category);
    out.field("date", b.what.day).money("money", b.what.value).field("status", bill_status_name(b.status));
    if (b.paid_on) out.field("paid_on", *b.paid_on);
    if (b.paid_by) out.field("transaction_id", b.paid_by->str());
    out.close('}');
}

void append_numbers(json_out& out, amount budget, amount spent) {
    out.field("verdict", verdict_name(judge(budget, spent)));
    out.money("budget_money", budget).money("spent_money", spent);
}

}  // namespace mita::finance

#include "finance/installments/installment_json.hpp"

#include "finance/plan/installment_parts.hpp"

#include <utility>
#include <vector>

namespace mita::finance {

namespace {

void append_sums(json_out& out, const plan_inputs::installment& i, const std::vector<installment_part>& parts) {
    const auto total = whole_sum(parts).value();  // in range: nothing else is stored
    out.money("principal_money", i.what.principal).field("interest_bp", i.what.interest_bp);
    out.field("count", i.what.count).field("first_on", i.what.first).field("last_on", parts.back().day);
    out.money("part_money", parts.front().value()).money("interest_money", total - i.what.principal);
    out.money("total_money", total);
}

void append_parts(json_out& out, const plan_inputs::installment& i, const std::vector<installment_part>& parts,
                  bool planned) {
    out.key("parts").open('[');
    for (const auto& p : parts) {
        out.open('{').field("number", p.number).field("date", p.day).money("money", p.value());
        out.money("principal_money", p.principal).money("interest_money", p.interest).money("left_money", p.left);
        if (planned && p.day >= i.since)
            out.field("bill_id", part_id(i, p));
        else if (planned)
            out.null("bill_id");
        out.close('}');
    }
    out.close(']');
}

}  // namespace

void append(json_out& out, const plan_inputs::installment& i, parts_shown as) {
    const auto parts = schedule_of(i.what);
    out.open('{').field("id", i.id).field("name", i.name).field("category", i.category);
    append_sums(out, i, parts);
    if (i.what.payoff)
        out.field("payoff_on", i.what.payoff->on);
    else
        out.null("payoff_on");
    if (i.transaction.empty())
        out.null("transaction_id");
    else
        out.field("transaction_id", i.transaction);
    if (as == parts_shown::yes) append_parts(out, i, parts, true);
    out.close('}');
}

std::string text_of(const plan_inputs::installment& i, const std::string& currency) {
    json_out out(currency, 4096);
    append(out, i, parts_shown::yes);
    return std::move(out.text);
}

void append_quoted(json_out& out, const plan_inputs::installment& i) {
    const auto parts = schedule_of(i.what);
    append_sums(out, i, parts);
    append_parts(out, i, parts, false);
}

}  // namespace mita::finance

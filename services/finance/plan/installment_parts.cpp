#include "finance/plan/installment_parts.hpp"

#include <utility>

namespace mita::finance {

namespace {

std::string text_of_installment(const boost::json::object& o, std::string_view name) {
    return std::string(o.at(name).as_string());
}

civil_day day_of_installment(const boost::json::object& o, std::string_view name) {
    return parse_day(std::string_view(o.at(name).as_string())).value();
}

}  // namespace

std::string part_id(const plan_inputs::installment& i, const installment_part& p) {
    return occurrence_id(i.id, {p.day, p.payoff ? 2 : 1});
}

civil_day last_day_of(const plan_inputs::installment& i) {
    return clamped_day(month_of(i.what.first) + std::chrono::months{i.what.count}, 1);
}

std::vector<obligation> parts_of(const plan_inputs::installment& i) {
    std::vector<obligation> out;
    for (const auto& p : schedule_of(i.what))
        if (p.day >= i.since) out.push_back({part_id(i, p), i.name, i.category, p.day, p.value()});
    return out;
}

void append_stored(json_out& out, const plan_inputs::installment& i, std::string_view currency) {
    out.open('{').field("id", i.id).field("name", i.name).field("category", i.category);
    out.money("principal_money", i.what.principal, currency).field("count", i.what.count);
    out.field("interest_bp", i.what.interest_bp).field("first_on", i.what.first).field("since", i.since);
    if (!i.transaction.empty()) out.field("transaction_id", i.transaction);
    if (i.what.payoff) out.field("payoff_on", i.what.payoff->on).field("standing", i.what.payoff->standing);
    out.close('}');
}

plan_inputs::installment installment_from(const boost::json::object& o) {
    plan_inputs::installment i;
    i.id = text_of_installment(o, "id");
    i.name = text_of_installment(o, "name");
    i.category = text_of_installment(o, "category");
    i.what.principal = o.at("principal_money").as_object().at("amount").to_number<amount>();
    i.what.count = o.at("count").to_number<int>();
    i.what.interest_bp = o.at("interest_bp").to_number<int>();
    i.what.first = day_of_installment(o, "first_on");
    i.since = day_of_installment(o, "since");
    if (o.contains("transaction_id")) i.transaction = text_of_installment(o, "transaction_id");
    if (o.contains("payoff_on"))
        i.what.payoff = early_payoff{day_of_installment(o, "payoff_on"), o.at("standing").to_number<int>()};
    return i;
}

}  // namespace mita::finance

#include "finance/plan/planned_transfer.hpp"

namespace mita::finance {

namespace {

std::string_view text_of_transfer(const boost::json::object& o, std::string_view name) {
    return std::string_view(o.at(name).as_string());
}

uuid account_of_transfer(const boost::json::object& o, std::string_view name) {
    return uuid::parse(text_of_transfer(o, name)).value();
}

}  // namespace

void append_stored(json_out& out, const plan_inputs::transfer& t, std::string_view currency) {
    out.open('{').field("id", t.id).field("name", t.name).field("category", t.category);
    out.field("from_account_id", t.between.from.str()).field("to_account_id", t.between.to.str());
    out.money("money", t.value, currency).field("day", t.day);
    append_terms(out, t.more, currency);
    out.close('}');
}

plan_inputs::transfer planned_transfer_from(const boost::json::object& o) {
    plan_inputs::transfer t;
    t.id = text_of_transfer(o, "id");
    t.name = text_of_transfer(o, "name");
    t.category = text_of_transfer(o, "category");
    t.value = o.at("money").as_object().at("amount").to_number<amount>();
    t.day = o.at("day").to_number<int>();
    t.more = terms_from(o);
    t.between = {account_of_transfer(o, "from_account_id"), account_of_transfer(o, "to_account_id")};
    return t;
}

}  // namespace mita::finance

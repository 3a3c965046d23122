#include "finance/goals/contribution_body.hpp"

#include "core/error.hpp"
#include "finance/wire/fields.hpp"

#include <algorithm>

namespace mita::finance {

namespace {

constexpr std::size_t longest_note = 500;

void judge_what_is_there(json_object& in, const contribution& c, const goal_entries& there) {
    auto all = there;
    all.contributions.push_back(c);
    if (all.fits() && (c.value > 0 || all.holds())) return;
    if (c.value < 0)
        in.fail("money", "below_zero", "On some day the goal would have had less than nothing.");
    else
        in.fail("money", "amount_overflow", "The sum leaves the range of exact amounts.");
}

}  // namespace

contribution read_new_contribution(json_document& doc, const contribution_rules& rules) {
    auto in = doc.object();
    contribution c;
    const auto id = in.optional_id("id");
    if (id && !acceptable_client_id(*id))
        in.fail("id", "invalid_id", "Must be a UUID of version 7 whose clock is at most 24 hours off.");
    c.id = id ? *id : new_uuid();
    c.goal_id = rules.goal_id;
    c.currency = rules.currency;
    c.on = left_out(in, "on") ? rules.today : read_day(in, "on").value_or(rules.today);
    if (c.on > rules.today) in.fail("on", "invalid_date", "What is put aside later is not there yet.");
    const auto value = read_money(in, "money", rules.currency, -max_amount, max_amount);
    c.value = value.value_or(0);
    if (value == 0) in.fail("money", "invalid_value", "Nothing is no contribution.");
    c.note = read_text(in, "note", longest_note, lines::several);
    if (rules.there.contributions.size() >= most_contributions)
        doc.fail("", "too_many", "At most " + std::to_string(most_contributions) + " contributions to one goal.");
    if (!doc.failed()) judge_what_is_there(in, c, rules.there);
    c.created_at = rules.now;
    finish_body(doc);
    if (std::ranges::find(rules.there.contributions, c.id, &contribution::id) != rules.there.contributions.end())
        throw api_error(409, "already_exists", "A contribution with this id exists.");
    return c;
}

goal_entries without(goal_entries all, const uuid& id) {
    const auto gone = std::ranges::find(all.contributions, id, &contribution::id);
    const bool takes = gone != all.contributions.end() && gone->value > 0;
    std::erase_if(all.contributions, [&id](const auto& c) { return c.id == id; });
    if ((takes && !all.holds()) || !all.fits())
        throw api_error(409, "below_zero", "Without it, on some day the goal would have had less than nothing.");
    return all;
}

}  // namespace mita::finance

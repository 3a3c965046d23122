#include "finance/checkpoints/checkpoint_body.hpp"

#include "core/error.hpp"
#include "finance/wire/fields.hpp"

#include <algorithm>

namespace mita::finance {

namespace {

void refuse_second(const checkpoint& c, const checkpoint_rules& rules) {
    const auto other = [&c](const checked_balance& x) { return x.what.id != c.id && x.what.on == c.on; };
    if (std::ranges::any_of(rules.there, other))
        throw api_error(409, "already_exists", "There is a checkpoint of this day: change that one.");
}

}  // namespace

checkpoint read_new_checkpoint(json_document& doc, const checkpoint_rules& rules) {
    auto in = doc.object();
    checkpoint c;
    const auto id = in.optional_id("id");
    if (id && !acceptable_client_id(*id))
        in.fail("id", "invalid_id", "Must be a UUID of version 7 whose clock is at most 24 hours off.");
    c.id = id ? *id : new_uuid();
    c.account_id = rules.account_id;
    c.currency = rules.currency;
    c.on = read_day(in, "on").value_or(civil_day());
    c.balance = read_money(in, "balance_money", rules.currency, -max_amount, max_amount).value_or(0);
    if (rules.there.size() >= most_checkpoints)
        doc.fail("", "too_many", "At most " + std::to_string(most_checkpoints) + " checkpoints of one account.");
    c.created_at = c.updated_at = rules.now;
    finish_body(doc);
    const auto same = [&c](const checked_balance& x) { return x.what.id == c.id; };
    if (std::ranges::any_of(rules.there, same))
        throw api_error(409, "already_exists", "A checkpoint with this id exists.");
    refuse_second(c, rules);
    return c;
}

checkpoint read_checkpoint_patch(std::string_view body, const checkpoint& before, const checkpoint_rules& rules) {
    json_document doc(body);
    auto in = doc.object();
    auto c = before;
    if (const auto* root = doc.value().if_object(); root != nullptr && root->empty())
        doc.fail("", "empty_patch", "Name at least one member to change.");
    if (in.has("on")) c.on = read_day(in, "on").value_or(before.on);
    if (in.has("balance_money"))
        c.balance = merge_money(in, "balance_money", rules.currency, before.balance).value_or(before.balance);
    c.version = before.version + 1;
    c.updated_at = rules.now;
    finish_body(doc);
    refuse_second(c, rules);
    return c;
}

}  // namespace mita::finance

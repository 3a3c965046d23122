#include "finance/accounts/account_body.hpp"

#include "core/error.hpp"
#include "finance/wire/fields.hpp"

#include <algorithm>

namespace mita::finance {

namespace {

constexpr std::size_t longest_name = 64;
constexpr int last_position = 9999;

struct reader {
    json_document& doc;
    json_object in;
    const account_rules& rules;

    void name(account& a) {
        const std::string before = a.name;
        a.name = read_name(in, "name", longest_name, {&before, 1});
    }

    void kind(account& a) {
        const auto text = in.string("kind", 1, 32);
        if (text.empty()) return;
        const auto found = parse_account_kind(text);
        if (found)
            a.kind = *found;
        else
            in.fail("kind", "invalid_value", "One of cash, bank, card, loan, savings, investment.");
    }

    void currency(account& a) {
        const auto text = in.string("currency", 3, 3);
        if (text.size() != 3) return;
        if (find_currency(text) == nullptr)
            in.fail("currency", "unknown_currency", "No ISO 4217 currency with a minor unit has this code.");
        else if (a.first && text != a.currency)
            in.fail("currency", "currency_mismatch", "The first account is of the person's currency.");
        else
            a.currency = text;
    }

    void position(account& a) { a.position = static_cast<int>(in.integer("position", 0, last_position)); }

    // The plan is in one currency.
    void judge_budget(const account& a) {
        if (a.on_budget && a.currency != rules.currency)
            in.fail("on_budget", "currency_mismatch",
                    "The plan is in " + rules.currency + ": an account in " + a.currency + " is off budget.");
        if (a.first && !a.on_budget) in.fail("on_budget", "invalid_value", "The first account is on budget.");
    }
};

bool usually_on_budget(const account& a, const account_rules& rules) {
    return a.currency == rules.currency && a.kind != account_kind::loan && a.kind != account_kind::investment;
}

}  // namespace

account read_new_account(json_document& doc, const account_rules& rules) {
    reader r{doc, doc.object(), rules};
    auto& in = r.in;
    account a;
    const auto id = in.optional_id("id");
    if (id && !acceptable_client_id(*id))
        in.fail("id", "invalid_id", "Must be a UUID of version 7 whose clock is at most 24 hours off.");
    a.id = id ? *id : new_uuid();
    r.name(a);
    r.kind(a);
    a.currency = rules.currency;
    if (!left_out(in, "currency")) r.currency(a);
    if (!left_out(in, "opening_money"))
        a.opening = read_money(in, "opening_money", a.currency, -max_amount, max_amount).value_or(0);
    a.on_budget = usually_on_budget(a, rules);
    if (!left_out(in, "on_budget")) a.on_budget = in.boolean("on_budget");
    r.judge_budget(a);
    const auto& others = rules.book.entries();
    a.position = others.empty() ? 0 : std::min(last_position, others.back().position + 1);
    if (!left_out(in, "position")) r.position(a);
    if (others.size() >= most_accounts)
        doc.fail("", "too_many", "At most " + std::to_string(most_accounts) + " accounts.");
    a.created_at = a.updated_at = rules.now;
    finish_body(doc);
    if (rules.book.find(a.id) != nullptr) throw api_error(409, "already_exists", "An account with this id exists.");
    return a;
}

account read_account_patch(std::string_view body, const account& before, const account_rules& rules) {
    json_document doc(body);
    reader r{doc, doc.object(), rules};
    auto& in = r.in;
    auto a = before;
    if (const auto* root = doc.value().if_object(); root != nullptr && root->empty())
        doc.fail("", "empty_patch", "Name at least one member to change.");
    if (in.has("name")) r.name(a);
    if (in.has("kind")) r.kind(a);
    if (in.has("currency")) r.currency(a);
    if (in.has("opening_money")) a.opening = merge_money(in, "opening_money", a.currency, before.opening).value_or(0);
    if (in.has("on_budget")) a.on_budget = in.boolean("on_budget");
    if (in.has("on_budget") || in.has("currency")) r.judge_budget(a);
    if (in.has("archived")) a.archived = in.boolean("archived");
    if (in.has("position")) r.position(a);
    if (a.currency != before.currency && !in.has("opening_money") && before.opening != 0)
        in.fail("opening_money", "required", "In another currency the opening balance is another: give it as well.");
    a.version = before.version + 1;
    a.updated_at = rules.now;
    finish_body(doc);
    if (a.first && a.archived) throw api_error(409, "in_use", "The first account stays.");
    return a;
}

bool moves_bookings(const account& now, const account& before) {
    return now.currency != before.currency || now.on_budget != before.on_budget;
}

}  // namespace mita::finance

#include "finance/ledger/transaction_body.hpp"

#include "finance/ledger/transaction_reader.hpp"
#include "finance/payees/payee_word.hpp"
#include "finance/wire/fields.hpp"

#include <algorithm>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

// The account a stored transaction is in.
const account& account_of(const transaction& t, const entry_rules& rules) {
    const auto* found = rules.accounts.find(t.account_id);
    if (found == nullptr) throw std::logic_error("a stored transaction is in no account of its person");
    return *found;
}

}  // namespace

std::optional<std::string> payee_named(const boost::json::value& body) {
    const auto* in = body.if_object();
    const auto* payee = in == nullptr ? nullptr : in->if_contains("payee");
    if (payee == nullptr || !payee->is_string() || payee->get_string().size() > 4 * longest_payee) return std::nullopt;
    auto word = payee_word_of(std::string_view(payee->get_string()));
    if (word.empty()) return std::nullopt;
    return word;
}

bool names_no_category(const boost::json::value& body) {
    const auto* in = body.if_object();
    const auto named = [in](std::string_view member) {
        const auto* value = in->if_contains(member);
        return value != nullptr && !value->is_null();
    };
    return in != nullptr && !named("category") && !named("splits");
}

transaction read_new_transaction(json_document& doc, const entry_rules& rules) {
    transaction_reader r{doc, doc.object(), rules, &rules.accounts.first()};
    auto& in = r.in;
    transaction t;
    const auto id = in.optional_id("id");
    if (id && !acceptable_client_id(*id))
        in.fail("id", "invalid_id", "Must be a UUID of version 7 whose clock is at most 24 hours off.");
    t.id = id ? *id : new_uuid();
    r.read_account(nullptr);
    r.put_into(t);
    const auto booked = r.booked_on(false);
    t.occurred_at = r.occurred_at();
    t.booked_on = booked ? *booked : t.occurred_at ? local_today(rules.where, *t.occurred_at) : rules.today();
    r.payee(t, std::nullopt);
    const bool split = given(in, "splits");
    const auto value = split ? r.total() : r.money(in);
    t.value = value.value_or(0);
    if (split) {
        if (given(in, "category")) {
            r.conflict();
            in.ignore("category");
        }
        t.lines = r.splits(value, nullptr);
    } else {
        in.ignore("splits");
        const auto category = r.new_category(t);
        t.lines.push_back({category.value_or(""), t.value, std::nullopt});
    }
    in.ignore("category");
    t.note = read_text(in, "note", longest_note, lines::several);
    t.tags = r.tags();
    if (given(in, "cleared")) t.cleared = in.boolean("cleared");
    in.ignore("cleared");
    r.link(t);
    r.judge_link(t);
    t.created_at = t.updated_at = rules.now;
    finish_body(doc);
    return t;
}

bool may_be_planned(const transaction& t, const account_book& accounts) {
    if (t.counts || t.value >= 0 || !t.transfer_id || !t.other_account) return false;
    const auto *from = accounts.find(t.account_id), *to = accounts.find(*t.other_account);
    return from != nullptr && to != nullptr && from->on_budget && to->on_budget;
}

transaction read_transaction_patch(json_document& doc, const transaction& before, const entry_rules& rules) {
    transaction_reader r{doc, doc.object(), rules, &account_of(before, rules)};
    auto& in = r.in;
    if (const auto* root = doc.value().if_object(); root != nullptr && root->empty())
        doc.fail("", "empty_patch", "Name at least one member to change.");
    auto t = before;
    if (in.is_null("account_id")) r.of = &rules.accounts.first();
    if (in.has("account_id")) r.read_account(&before);
    r.put_into(t);
    if (t.transfer_id) t.counts = before.counts;
    const bool nowhere = t.transfer_id && !t.counts;
    const bool exchanged = t.currency != before.currency;
    if (exchanged && !in.has("money"))
        in.fail("money", "required", "In an account of another currency the money is another: give it as well.");
    if (in.has("booked_on")) t.booked_on = r.booked_on(true).value_or(before.booked_on);
    if (in.has("occurred_at")) t.occurred_at = r.occurred_at();

    const bool split = given(in, "splits");
    const bool category = given(in, "category");
    std::optional<amount> value = before.value;
    if (in.has("money")) value = r.merged(before.value, split || (is_split(before) && !category));
    t.value = value.value_or(0);
    if (split && category) r.conflict();
    if (nowhere) {
        r.refuse_lines();
    } else if (split) {
        t.lines = r.splits(value, &before);
    } else if (category) {
        if (!in.has("money")) r.refuse_zero(in, value);  // lines may sum to nothing, one category may not
        t.lines.assign(1, {r.category(in, &before).value_or(""), t.value, std::nullopt});
    } else if (is_split(before)) {
        if (in.has("splits")) in.fail("category", "required", "Without splits a category is needed.");
        if (exchanged)
            in.fail("splits", "required", "In another currency the lines are others: give them as well.");
        else if (value && total_of(t.lines) != value)
            in.fail("money", "splits_mismatch", "The lines do not sum to it: give the splits as well.");
    } else {
        if (in.has("category")) in.fail("splits", "required", "Without a category splits are needed.");
        t.lines.front().value = t.value;
    }
    in.ignore("category");
    in.ignore("splits");

    if (in.has("payee")) r.payee(t, before.payee);
    if (in.has("note")) t.note = read_text(in, "note", longest_note, lines::several, before.note);
    if (in.has("tags")) t.tags = r.tags(before.tags);
    if (in.has("cleared")) t.cleared = in.boolean("cleared");
    if (in.has("bill_id")) r.link(t);
    r.judge_link(t);
    if (t.transfer_id) r.judge_leg(t, before);
    t.version = before.version + 1;
    t.updated_at = rules.now;
    finish_body(doc);
    return t;
}

}  // namespace mita::finance

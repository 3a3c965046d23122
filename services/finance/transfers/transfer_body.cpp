#include "finance/transfers/transfer_body.hpp"

#include "core/error.hpp"
#include "finance/categories/category_fields.hpp"
#include "finance/wire/fields.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace mita::finance {

namespace {

// The accounts of both sides, as far as the body names any.
struct sides {
    const account* from = nullptr;
    const account* to = nullptr;

    bool known() const { return from != nullptr && to != nullptr; }
    bool same_currency() const { return known() && from->currency == to->currency; }
    bool on_budget() const { return known() && from->on_budget && to->on_budget; }
    // Only money that leaves the plan or comes back into it counts there.
    bool may_count() const { return known() && from->on_budget != to->on_budget; }
};

transaction& counting_leg(transfer& t, const sides& between) { return between.from->on_budget ? t.from : t.to; }

struct reader {
    json_document& doc;
    json_object in;
    const entry_rules& rules;

    // before: the account it has, which may stay, archived or not; null for a new one.
    const account* account_named(std::string_view name, const uuid* before) {
        if (before != nullptr && !in.has(name)) return rules.accounts.find(*before);
        if (left_out(in, name)) return &rules.accounts.first();
        const auto id = read_reference(in, name);
        if (!id || !is_version_7(*id)) return nullptr;
        const auto* found = rules.accounts.find(*id);
        if (found == nullptr)
            in.fail(name, "unknown_account", "No such account.");
        else if (found->archived && !(before != nullptr && *before == *id))
            in.fail(name, "archived_account", "This account is archived.");
        else
            return found;
        return nullptr;
    }

    sides accounts(const transfer* before) {
        sides out{account_named("from_account_id", before == nullptr ? nullptr : &before->from.account_id),
                  account_named("to_account_id", before == nullptr ? nullptr : &before->to.account_id)};
        if (out.known() && out.from == out.to)
            in.fail("to_account_id", "same_account", "A transfer is between two accounts.");
        return out;
    }

    civil_day day(std::string_view name, civil_day usual) {
        if (left_out(in, name)) return usual;
        const auto day = read_day(in, name).value_or(usual);
        if (day < first_booking_day || day > rules.today() + booked_ahead)
            in.fail(name, "out_of_range", "Must be from 1970-01-01 to a year from today.");
        return day;
    }

    std::optional<amount> money(std::string_view name, const account* of, std::optional<amount> before) {
        const std::string currency = of == nullptr ? "" : of->currency;
        if (!before) return read_money(in, name, currency, 1, max_amount);
        const auto v = merge_money(in, name, currency, *before);
        if (v && *v < 1) in.fail(name, "out_of_range", "Must be at least 1.");
        return v;
    }

    void refuse_difference(std::optional<amount> left, std::optional<amount> arrived) {
        if (left && arrived && *left != *arrived)
            in.fail("to_money", "amounts_differ", "In one currency what arrives is what left.");
    }

    std::optional<std::string> category(const sides& between) {
        auto named = read_category(in, "category", rules.book);
        if (named && between.known() && !between.may_count())
            in.fail("category", "no_category",
                    "Only between an account on budget and one off it a transfer counts and has a category.");
        return named;
    }
};

void put(transaction& leg, const account& in, amount value, civil_day day) {
    leg.account_id = in.id;
    leg.currency = in.currency;
    leg.value = value;
    leg.booked_on = day;
}

void put_legs(transfer& t, const sides& between, amount left, amount arrived, civil_day day, civil_day arrives) {
    put(t.from, *between.from, -left, day);
    put(t.to, *between.to, arrived, arrives);
    t.from.other_account = between.to->id;
    t.to.other_account = between.from->id;
}

// The category of a patch: as given, null takes it away; else what the transfer had goes on where there is one to have.
void read_patched_category(reader& r, transfer& t, const transfer& before, const sides& between) {
    auto& in = r.in;
    const bool cleared = in.has("category") && in.is_null("category");
    std::optional<std::string> named;
    if (in.has("category") && !cleared) named = r.category(between);
    in.ignore("category");
    if (!between.known()) return;
    auto& leg = counting_leg(t, between);
    auto& other = &leg == &t.from ? t.to : t.from;
    const auto* had = before.counted();
    if (cleared || !between.may_count() || (!named && had == nullptr)) {
        count_nowhere(leg);
        count_nowhere(other);
        if (had == nullptr && between.on_budget()) {  // it may be what was planned
            t.from.bill_id = before.from.bill_id;
            t.from.bill_unlinked = before.from.bill_unlinked;
        }
        return;
    }
    if (had == nullptr) leg.bill_id.clear();
    const bool stays = had != nullptr && had->id == leg.id;
    if (!named && is_split(*had)) {
        if (!stays || had->value != leg.value)
            in.fail("category", "required", "Its leg is split, and the lines are others now: give one category.");
    } else {
        const auto category = named ? *named : had->lines.front().category;
        leg.lines.assign(1, {category, leg.value, std::nullopt});
    }
    leg.counts = true;
    count_nowhere(other);
}

}  // namespace

transfer read_new_transfer(json_document& doc, const entry_rules& rules) {
    reader r{doc, doc.object(), rules};
    auto& in = r.in;
    transfer t;
    const auto id = in.optional_id("id");
    if (id && !acceptable_client_id(*id))
        in.fail("id", "invalid_id", "Must be a UUID of version 7 whose clock is at most 24 hours off.");
    t.id = id ? *id : new_uuid();
    const auto between = r.accounts(nullptr);
    const auto left = r.money("money", between.from, std::nullopt);
    auto arrived = left;
    if (!left_out(in, "to_money"))
        arrived = r.money("to_money", between.to, std::nullopt);
    else if (between.known() && !between.same_currency())
        in.fail("to_money", "required", "It arrives in another currency: say how much.");
    if (between.same_currency()) r.refuse_difference(left, arrived);
    const auto day = r.day("booked_on", rules.today());
    const auto arrives = r.day("arrives_on", day);
    std::optional<std::string> category;
    if (!left_out(in, "category")) category = r.category(between);
    t.from.payee = read_text(in, "payee", longest_payee, lines::one);
    t.from.note = read_text(in, "note", longest_note, lines::several);
    t.from.tags = read_names(doc, in, "tags", most_tags, longest_tag);
    t.created_at = t.updated_at = t.from.created_at = t.from.updated_at = rules.now;
    t.from.transfer_id = t.id;
    finish_body(doc);
    t.to = t.from;
    t.from.id = new_uuid();
    t.to.id = new_uuid();
    put_legs(t, between, *left, *arrived, day, arrives);
    count_nowhere(t.from);
    count_nowhere(t.to);
    if (category) {
        auto& leg = counting_leg(t, between);
        leg.counts = true;
        leg.lines.front().category = *category;
    }
    return t;
}

transfer read_transfer_patch(json_document& doc, const transfer& before, const entry_rules& rules) {
    reader r{doc, doc.object(), rules};
    auto& in = r.in;
    if (const auto* root = doc.value().if_object(); root != nullptr && root->empty())
        doc.fail("", "empty_patch", "Name at least one member to change.");
    auto t = before;
    const auto between = r.accounts(&before);
    std::optional<amount> left = -before.from.value, arrived = before.to.value;
    if (in.has("money"))
        left = r.money("money", between.from, left);
    else if (between.from != nullptr && between.from->currency != before.from.currency)
        in.fail("money", "required", "From an account of another currency the money is another: give it as well.");
    if (in.has("to_money")) {
        arrived = r.money("to_money", between.to, arrived);
        if (between.same_currency()) r.refuse_difference(left, arrived);
    } else if (between.same_currency()) {
        arrived = left;
    } else if (between.known() && between.to->currency != before.to.currency) {
        in.fail("to_money", "required", "It arrives in another currency: say how much.");
    }
    const bool at_once = before.from.booked_on == before.to.booked_on;
    const auto day = r.day("booked_on", before.from.booked_on);
    const auto arrives = r.day("arrives_on", at_once ? day : before.to.booked_on);
    if (between.known() && left && arrived) put_legs(t, between, *left, *arrived, day, arrives);
    read_patched_category(r, t, before, between);
    finish_body(doc);
    const auto same = [](const transaction& a, const transaction& b) {
        return a.account_id == b.account_id && a.value == b.value && a.booked_on == b.booked_on && a.counts == b.counts;
    };
    if (before.paired && !(same(t.from, before.from) && same(t.to, before.to)))
        throw api_error(409, "paired", "It was paired of two transactions, which are as they were: unpair it first.");
    ++t.version;
    t.updated_at = rules.now;
    move_on(t.from, rules.now);
    move_on(t.to, rules.now);
    return t;
}

}  // namespace mita::finance

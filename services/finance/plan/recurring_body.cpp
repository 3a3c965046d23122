#include "finance/plan/recurring_body.hpp"

#include "core/error.hpp"
#include "finance/categories/category_fields.hpp"
#include "finance/plan/terms_body.hpp"
#include "finance/wire/fields.hpp"

#include <string>
#include <utility>

namespace mita::finance {

namespace {

// What a thing can not become another of.
int family(recurring_kind kind) {
    return static_cast<int>(kind == recurring_kind::subscription ? recurring_kind::bill : kind);
}

struct reader {
    json_document& doc;
    json_object in;
    const recurring_rules& rules;

    std::optional<amount> money(std::string_view name, bool required) {
        return read_money(in, name, rules.inputs.currency, 0, max_amount, required);
    }

    void name(recurring& r) {
        const std::string before = r.name;
        r.name = read_name(in, "name", longest_thing_name, {&before, 1});
    }

    void kind(recurring& r, bool new_one) {
        const auto text = in.string("kind", 1, 32);
        if (text.empty()) return;
        const auto found = parse_recurring(text);
        if (!found)
            in.fail("kind", "invalid_value", "One of income, bill, subscription, transfer.");
        else if (!new_one && family(r.kind) != family(*found))
            in.fail("kind", "invalid_value", "An income stays one, so does a transfer, and a bill is never either.");
        else
            r.kind = *found;
    }

    void category(recurring& r) {
        const auto before = r.category;
        const auto* given = in.raw("category");
        const bool text = given != nullptr && given->is_string();
        if (text && !before.empty() && std::string_view(given->get_string()) == before) return;
        r.category = read_category(in, "category", rules.book).value_or("");
        const auto* entry = rules.book.find(r.category);
        if (entry == nullptr) return;
        const bool brings = entry->cls == category_class::income;
        if (r.is_income() && !brings)
            in.fail("category", "not_an_income_category", "An income needs a category of class income.");
        if (!r.is_income() && brings)
            in.fail("category", "income_category", "An income category has no budget and no bills.");
    }

    // before: the account it has, which may stay, archived or not.
    const account* account_named(std::string_view name, const uuid* before) {
        if (before != nullptr && !in.has(name)) return rules.accounts.find(*before);
        const auto id = read_reference(in, name);
        if (!id) {
            if (in.is_null(name) || !in.has(name)) in.fail(name, "required", "A transfer is between two accounts.");
            return nullptr;
        }
        const auto* found = rules.accounts.find(*id);
        if (found == nullptr)
            in.fail(name, "unknown_account", "No such account.");
        else if (found->archived && !(before != nullptr && *before == *id))
            in.fail(name, "archived_account", "This account is archived.");
        else
            return found;
        return nullptr;
    }

    // An account that stays may have become another since.
    void accounts(recurring& r, bool new_one) {
        const auto before = r.between;
        const account* from = nullptr;
        if (new_one && left_out(in, "from_account_id"))
            from = &rules.accounts.first();
        else
            from = account_named("from_account_id", new_one ? nullptr : &before.from);
        const auto* to = account_named("to_account_id", new_one ? nullptr : &before.to);
        const bool known = from != nullptr && to != nullptr;
        if (known) r.between = {from->id, to->id};
        if (known && from == to) in.fail("to_account_id", "same_account", "A transfer is between two accounts.");
        if (from != nullptr && !from->on_budget)
            in.fail("from_account_id", "off_budget", "Only what leaves the budget is planned.");
        if (known && from != to && from->on_budget)
            transfer_category(r, to->on_budget);
        else if (!left_out(in, "category"))
            category(r);
    }

    // To an account off budget it is of one; between two on budget it has none, and loses what it had.
    void transfer_category(recurring& r, bool on_budget) {
        if (!on_budget && (in.has("category") || r.category.empty()))
            category(r);
        else if (on_budget && !left_out(in, "category"))
            in.fail("category", "no_category",
                    "Only between an account on budget and one off it a transfer counts and has a category.");
        if (on_budget) r.category.clear();
        in.ignore("category");
    }

    // money, or both ends of a range.
    void amounts(recurring& r, bool new_one) {
        const bool range = !left_out(in, "min_money") || !left_out(in, "max_money");
        if (!left_out(in, "money") && range) {
            in.fail("money", "ambiguous", "Give money, or min_money and max_money.");
            in.ignore("min_money");
            in.ignore("max_money");
        }
        const bool had_range = r.more.other_end.has_value();
        if (!range) {
            const bool fixed = in.has("min_money") || in.has("max_money");  // null: no range any more
            if (new_one || in.has("money")) {
                r.value = money("money", true).value_or(0);
                r.more.other_end.reset();
            } else if (fixed) {
                r.more.other_end.reset();
            }
            return;
        }
        in.ignore("money");
        const auto end_of = [&](std::string_view name, amount before) {
            return in.has(name) || new_one || !had_range ? money(name, true) : std::optional{before};
        };
        const amount other = r.more.other_end.value_or(r.value);
        const auto least = end_of("min_money", r.is_income() ? r.value : other);
        const auto most = end_of("max_money", r.is_income() ? other : r.value);
        if (!least || !most) return;
        if (*least > *most) in.fail("min_money", "out_of_range", "At most max_money.");
        r.value = r.is_income() ? *least : *most;
        r.more.other_end.reset();
        if (*least != *most) r.more.other_end = r.is_income() ? *most : *least;
    }

    void schedule(recurring& r, bool new_one) {
        auto given = in.object("schedule");
        const auto before = r.rule();
        const auto rule = read_rule(given, new_one ? nullptr : &before);
        if (rule) set_rule(r.day, r.more, *rule);
    }

    void check_whole(recurring& r) {
        auto all = rules.inputs;
        put_recurring(all, r);
        if (all.incomes.size() > most_incomes || all.bills.size() > most_bills ||
            all.transfers.size() > most_planned_transfers)
            doc.fail("", "too_many",
                     "At most " + std::to_string(most_incomes) + " incomes, " + std::to_string(most_bills) +
                         " bills and " + std::to_string(most_planned_transfers) + " transfers.");
        check_load(all, [&](std::string_view list, std::string code, std::string detail) {
            const bool mine = (list == "incomes") == r.is_income();
            const auto* named = code == "too_many" ? "schedule" : "money";
            if (mine) in.fail(named, std::move(code), std::move(detail));
        });
    }
};

}  // namespace

recurring read_new_recurring(json_document& doc, const recurring_rules& rules) {
    reader body{doc, doc.object(), rules};
    auto& in = body.in;
    recurring r;
    const auto id = in.optional_id("id");
    if (id && !acceptable_client_id(*id))
        in.fail("id", "invalid_id", "Must be a UUID of version 7 whose clock is at most 24 hours off.");
    r.id = id ? id->str() : new_uuid().str();
    body.kind(r, true);
    body.name(r);
    if (r.is_transfer())
        body.accounts(r, true);
    else if (r.is_income() && left_out(in, "category"))
        r.category = default_income_category;
    else
        body.category(r);
    body.amounts(r, true);
    body.schedule(r, true);
    if (!left_out(in, "paused")) set_paused(r.more, in.boolean("paused"), rules.today);
    if (!doc.failed()) body.check_whole(r);
    finish_body(doc);
    if (find_recurring(rules.inputs, r.id)) throw api_error(409, "already_exists", "Something with this id exists.");
    return r;
}

recurring read_recurring_patch(std::string_view text, const recurring& before, const recurring_rules& rules) {
    json_document doc(text);
    reader body{doc, doc.object(), rules};
    auto& in = body.in;
    auto r = before;
    if (const auto* root = doc.value().if_object(); root != nullptr && root->empty())
        doc.fail("", "empty_patch", "Name at least one member to change.");
    if (in.has("kind")) body.kind(r, false);
    if (in.has("name")) body.name(r);
    if (r.is_transfer())
        body.accounts(r, false);
    else if (in.has("category"))
        body.category(r);
    body.amounts(r, false);
    if (in.has("schedule")) body.schedule(r, false);
    if (in.has("paused")) set_paused(r.more, in.boolean("paused"), rules.today);
    if (!doc.failed()) body.check_whole(r);
    finish_body(doc);
    return r;
}

}  // namespace mita::finance

#include "finance/plan/recurring_body.hpp"

#include "core/error.hpp"
#include "finance/categories/category_fields.hpp"
#include "finance/plan/terms_body.hpp"
#include "finance/wire/fields.hpp"

#include <string>
#include <utility>

namespace mita::finance {

namespace {

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
            in.fail("kind", "invalid_value", "One of income, bill, subscription.");
        else if (!new_one && r.is_income() != (*found == recurring_kind::income))
            in.fail("kind", "invalid_value", "An income stays one, and a bill is never one.");
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
        if (all.incomes.size() > most_incomes || all.bills.size() > most_bills)
            doc.fail(
                "", "too_many",
                "At most " + std::to_string(most_incomes) + " incomes and " + std::to_string(most_bills) + " bills.");
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
    if (r.is_income() && left_out(in, "category"))
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
    if (in.has("category")) body.category(r);
    body.amounts(r, false);
    if (in.has("schedule")) body.schedule(r, false);
    if (in.has("paused")) set_paused(r.more, in.boolean("paused"), rules.today);
    if (!doc.failed()) body.check_whole(r);
    finish_body(doc);
    return r;
}

}  // namespace mita::finance

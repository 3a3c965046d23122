// The strict reader of PUT /v1/onboarding's body (plan_inputs.hpp).
#include "core/ids.hpp"
#include "core/json_reader.hpp"
#include "finance/categories/category_fields.hpp"
#include "finance/domain/zone.hpp"
#include "finance/plan/goal_body.hpp"
#include "finance/plan/identity.hpp"
#include "finance/plan/month_budgets.hpp"
#include "finance/plan/period_body.hpp"
#include "finance/plan/plan_inputs.hpp"
#include "finance/plan/terms_body.hpp"
#include "finance/wire/fields.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

constexpr std::size_t max_incomes = 50, max_bills = 200, max_category_lines = 100;
constexpr std::size_t longest_name = 100, longest_id = 64;

// What a body did not say of an item's terms: it stays as it was when the item comes back on its day.
struct unsaid {
    bool rule = true, other_end = true, paused = true, subscription = true;
};

struct reader {
    const category_book& book;
    const plan_inputs* before;
    const account_book& accounts;
    civil_day today;
    plan_inputs out;

    std::optional<amount> money(json_object& in, std::string_view name, bool required = true) const {
        return read_money(in, name, out.currency, 0, max_amount, required);
    }

    // What a list adds up to must be shown somewhere.
    template <class List, class Member>
    static void check_sum(json_object& in, std::string_view name, const List& list, Member value) {
        wide sum = 0;
        for (const auto& x : list) sum += std::invoke(value, x);
        if (!narrow128(sum)) in.fail(name, "amount_overflow", "The sum leaves the range of exact amounts.");
    }

    void income(json_object& in) {
        plan_inputs::income i;
        i.id = id_of(in, before == nullptr ? nullptr : &before->incomes);
        i.name = name_of(in, before == nullptr ? nullptr : &before->incomes);
        i.category = income_category_of(in);
        i.value = money(in, "money").value_or(0);
        unsaid left;
        day_and_rule(in, i, left);
        other_end(in, "max_money", i, left);
        paused(in, i, left);
        unsaid_of_incomes.push_back(left);
        out.incomes.push_back(std::move(i));
    }

    void bill(json_object& in) {
        plan_inputs::bill b;
        b.id = id_of(in, before == nullptr ? nullptr : &before->bills);
        b.name = name_of(in, before == nullptr ? nullptr : &before->bills);
        b.category = category_of(in);
        refuse_income(in, b.category);
        b.value = money(in, "money").value_or(0);
        unsaid left;
        day_and_rule(in, b, left);
        other_end(in, "min_money", b, left);
        paused(in, b, left);
        if (const auto kind = in.optional_string("kind", 1, 32)) {
            left.subscription = false;
            b.more.subscription = *kind == "subscription";
            if (*kind != "bill" && *kind != "subscription")
                in.fail("kind", "invalid_value", "One of bill, subscription.");
        }
        unsaid_of_bills.push_back(left);
        out.bills.push_back(std::move(b));
    }

    // With a schedule the day is its anchor's and may be left out.
    template <class Item>
    static void day_and_rule(json_object& in, Item& item, unsaid& left) {
        const bool scheduled = !left_out(in, "schedule");
        left.rule = !in.has("schedule");
        std::optional<recurrence> rule;
        if (scheduled) {
            auto given = in.object("schedule");
            rule = read_rule(given, nullptr);
        }
        if (rule) set_rule(item.day, item.more, *rule);
        if (scheduled && !in.has("day")) return;
        const auto day = static_cast<int>(in.integer("day", 1, 31));
        if (rule && day != item.day)
            in.fail("day", "ambiguous", "The schedule's anchor is on another day: give one of the two.");
        item.day = day;
    }

    template <class Item>
    void other_end(json_object& in, std::string_view name, Item& item, unsaid& left) const {
        left.other_end = !in.has(name);
        const auto end = money(in, name, false);
        if (!end) return;
        if (name == "min_money" ? *end > item.value : *end < item.value)
            in.fail(name, "out_of_range", "money is the end of the range that the plan takes.");
        if (*end != item.value) item.more.other_end = end;
    }

    template <class Item>
    void paused(json_object& in, Item& item, unsaid& left) const {
        if (left_out(in, "paused")) return;
        left.paused = false;
        set_paused(item.more, in.boolean("paused"), today);
    }

    void goal(json_object& in) {
        plan_inputs::goal g;
        g.id = id_of(in, before == nullptr ? nullptr : &before->goals);
        g.name = name_of(in, before == nullptr ? nullptr : &before->goals);
        said.push_back(read_goal(in, g, out.currency, accounts, before));
        out.goals.push_back(std::move(g));
    }

    void category(json_object& in, std::vector<plan_inputs::category>& list, std::set<std::string>& seen) const {
        plan_inputs::category c;
        c.id = category_of(in);
        refuse_income(in, c.id);
        if (!c.id.empty() && !seen.insert(c.id).second)
            in.fail("category", "duplicate_category", "This category is in the list twice.");
        c.budget = money(in, "budget_money", false);
        c.weight = in.optional_integer("weight", 0, max_weight);
        if (in.has("budget_money") && in.has("weight"))
            in.fail("weight", "ambiguous", "Give budget_money or weight, not both.");
        if (const auto text = in.optional_string("policy", 1, 16)) {
            if (const auto rule = parse_policy(*text))
                c.rule = *rule;
            else
                in.fail("policy", "unknown_policy", "One of even, carry, save, static, window:1 to window:31.");
        }
        if (const auto text = in.optional_string("rollover", 1, 16)) {
            if (const auto kind = parse_rollover(*text))
                c.roll.kind = *kind;
            else
                in.fail("rollover", "unknown_rollover", "One of none, surplus, deficit, both.");
        }
        c.roll.cap = money(in, "rollover_cap_money", false);
        if (auto weights = in.optional_object("day_weights")) c.weights = day_weights_of(*weights);
        if (!left_out(in, "protected")) c.guarded = in.boolean("protected");
        list.push_back(std::move(c));
    }

    // True: none were given, the default weights serve.
    bool categories_of(json_object& in, std::vector<plan_inputs::category>& list) const {
        std::set<std::string> seen;
        for (auto& item : in.objects("categories", max_category_lines, false)) category(item, list, seen);
        check_sum(in, "categories", list, [](const auto& c) { return c.budget.value_or(0); });
        return left_out(in, "categories");
    }

    void month_budget(json_object& in) {
        const auto name = parse_period(in.string("month", 1, 16));
        if (!name) in.fail("month", "invalid_date", "Must be a month as YYYY-MM, or a day of it as YYYY-MM-DD.");
        const auto first = name ? out.periods.named(*name).start : civil_day();
        plan_inputs::month_budget b{first, read_scope(in), {}, false};
        b.default_weights = categories_of(in, b.categories);
        const auto same = [&b](const auto& x) { return x.month == b.month && x.onwards == b.onwards; };
        if (std::ranges::any_of(out.budgets, same)) in.fail("month", "duplicate_month", "Said of this month twice.");
        add(out, std::move(b));
    }

    // What was said of months stays unless it is given anew; of those that are here by now until the plan says other.
    void keep_budgets() {
        if (before == nullptr) return;
        out.budgets = before->budgets;
        if (categories_text(out) == categories_text(*before)) return;
        std::erase_if(out.budgets, [now = out.periods.containing(today)](const auto& b) { return b.month < now.next; });
    }

    static std::string categories_text(const plan_inputs& a) {
        json_out text({}, 2048);
        text.open('{').field("default_weights", a.default_weights);
        append_categories(text, a.categories, {});
        return std::move(text.text);
    }

    weight_rule day_weights_of(json_object& in) const {
        weight_rule rule;
        const auto kind = in.string("kind", 1, 16);
        if (kind == "uniform") return rule;
        if (kind == "history") {
            rule.kind = weight_kind::history;
            return rule;
        }
        if (kind == "weekday") {
            rule.kind = weight_kind::weekday;
            const auto weights = in.integers("weights", 7, 0, max_weight, true);
            if (weights.size() == 7)
                std::ranges::copy(weights, rule.weekday.begin());
            else
                in.fail("weights", "wrong_count", "Seven weights, Monday first.");
            return rule;
        }
        if (kind != "custom") {
            if (!kind.empty()) in.fail("kind", "unknown_kind", "One of uniform, weekday, history, custom.");
            return rule;
        }
        rule.kind = weight_kind::custom;
        rule.custom = in.integers("weights", static_cast<std::size_t>(longest_month), 0, max_weight, true);
        std::set<int> pinned;
        for (auto& p : in.objects("pinned", static_cast<std::size_t>(longest_month), false)) {
            const auto day = static_cast<int>(p.integer("day", 1, longest_month));
            const auto fixed = money(p, "money").value_or(0);
            if (!pinned.insert(day).second) p.fail("day", "duplicate_day", "This day is pinned twice.");
            rule.pinned.push_back({day - 1, fixed});
        }
        check_sum(in, "pinned", rule.pinned, &pinned_day::value);
        return rule;
    }

    // What the inputs in force name may stay, archived or not: GET's body goes back in unchanged, and archiving a
    // category takes no money from the month. Only a new mention of an archived one is unknown.
    std::string category_of(json_object& in) const {
        const auto* given = in.raw("category");
        if (given != nullptr && given->is_string() && answered(std::string_view(given->get_string())))
            return std::string(given->get_string());
        return read_category(in, "category", book).value_or("");
    }

    bool answered(std::string_view id) const {
        if (before == nullptr) return false;
        const auto named = [id](const auto& list, auto member) {
            return std::ranges::find(list, id, member) != list.end();
        };
        const auto in_month = [&](const auto& b) { return named(b.categories, &plan_inputs::category::id); };
        return named(before->categories, &plan_inputs::category::id) ||
               named(before->bills, &plan_inputs::bill::category) || std::ranges::any_of(before->budgets, in_month);
    }

    void refuse_income(json_object& in, const std::string& id) const {
        const auto* entry = book.find(id);
        if (entry != nullptr && entry->cls == category_class::income)
            in.fail("category", "income_category", "An income category has no budget and no bills.");
    }

    std::string income_category_of(json_object& in) const {
        if (!in.has("category") || in.is_null("category")) return default_income_category;
        const auto* given = in.raw("category");
        if (before != nullptr && given != nullptr && given->is_string()) {
            const std::string_view text(given->get_string());
            if (std::ranges::find(before->incomes, text, &plan_inputs::income::category) != before->incomes.end())
                return std::string(text);
        }
        auto id = read_category(in, "category", book).value_or("");
        const auto* entry = book.find(id);
        if (entry != nullptr && entry->cls != category_class::income)
            in.fail("category", "not_an_income_category", "An income needs a category of class income.");
        return id;
    }

    // What it was called before may stay.
    template <class List>
    static std::string name_of(json_object& in, const List* known) {
        std::vector<std::string> names;
        if (known != nullptr)
            for (const auto& x : *known) names.push_back(x.name);
        return read_name(in, "name", longest_name, names);
    }

    // The id the client sends back; empty when it sends none.
    template <class List>
    std::string id_of(json_object& in, const List* known) {
        const auto id = in.optional_string("id", 1, longest_id);
        if (!id) return {};
        const auto same = [&id](const auto& x) { return x.id == *id; };
        if (known == nullptr || std::ranges::none_of(*known, same))
            in.fail("id", "unknown_id", "The answers in force have no such id.");
        else if (!given_ids.insert(*id).second)
            in.fail("id", "duplicate_id", "This id is in the list twice.");
        return *id;
    }

    // Ids for what came without: of what it was before, else new ones.
    // What the item was said to be beyond what this body speaks of; on another day it begins anew each month.
    template <class Item>
    void keep_terms(Item& now, const Item& former, const unsaid& left) const {
        const bool as_it_was = now.day == former.day;
        if (left.rule && as_it_was) now.more.rule = former.more.rule;
        if (left.subscription) now.more.subscription = former.more.subscription;
        if (left.other_end && now.value == former.value) now.more.other_end = former.more.other_end;
        const bool on = now.more.is_paused();
        now.more.paused = former.more.paused;
        if (!left.paused) set_paused(now.more, on, today);
    }

    template <class List>
    void keep_all_terms(List& now, const List* former, const std::vector<unsaid>& left) const {
        for (std::size_t i = 0; former != nullptr && i < now.size(); ++i) {
            const auto same = [&](const auto& x) { return x.id == now[i].id; };
            const auto found = std::ranges::find_if(*former, same);
            if (found != former->end()) keep_terms(now[i], *found, left[i]);
        }
    }

    template <class List, class Describe>
    static auto identify(List& now, const List* former, Describe describe) {
        std::vector<known_thing> mine, theirs;
        for (const auto& x : now) mine.push_back(describe(x));
        if (former != nullptr)
            for (const auto& x : *former) theirs.push_back(describe(x));
        const auto same = same_things(mine, theirs);
        for (std::size_t i = 0; i < now.size(); ++i)
            if (now[i].id.empty()) now[i].id = same[i] ? (*former)[*same[i]].id : new_uuid().str();
        return same;
    }

    void identify_all() {
        identify(out.incomes, before == nullptr ? nullptr : &before->incomes,
                 [](const auto& i) { return known_thing{i.id, i.name, i.category, i.value, i.day}; });
        identify(out.bills, before == nullptr ? nullptr : &before->bills,
                 [](const auto& b) { return known_thing{b.id, b.name, b.category, b.value, b.day}; });
        const auto same = identify(out.goals, before == nullptr ? nullptr : &before->goals,
                                   [](const auto& g) { return known_thing{g.id, g.name, {}, g.target, 0}; });
        for (std::size_t i = 0; i < same.size(); ++i)
            if (same[i]) keep_unsaid(out.goals[i], before->goals[*same[i]], said[i]);
        keep_all_terms(out.incomes, before == nullptr ? nullptr : &before->incomes, unsaid_of_incomes);
        keep_all_terms(out.bills, before == nullptr ? nullptr : &before->bills, unsaid_of_bills);
    }

    // Another rule begins where what is opened ends; the first one holds since ever.
    void periods(json_object& in, std::optional<civil_day> opened) {
        auto given = in.optional_object("period");
        const auto rule = given ? read_period_rule(*given) : std::nullopt;
        if (!rule) return;
        if (before == nullptr)
            out.periods = period_rules(*rule);
        else
            out.periods.change(*rule, opened.value_or(civil_day::max()));
        if (out.periods.stretches().size() > most_rule_changes)
            in.fail("period", "too_many", "At most " + std::to_string(most_rule_changes) + " changes of rule.");
    }

    std::vector<unsaid> unsaid_of_incomes{}, unsaid_of_bills{};
    std::vector<goal_members> said{};  // of each goal
    std::set<std::string> given_ids{};
};

}  // namespace

plan_inputs read_plan_inputs(std::string_view body, const category_book& book, const plan_inputs* before,
                             const account_book& accounts, planned_until there) {
    json_document doc(body);
    auto in = doc.object();
    reader r{book, before, accounts, there.today, {}};
    if (before != nullptr) {
        r.out.installments = before->installments;
        r.out.transfers = before->transfers;
        r.out.periods = before->periods;
    }
    r.periods(in, there.opened);
    r.out.timezone = in.string("timezone", 1, 64);
    if (!r.out.timezone.empty() && !find_zone(r.out.timezone))
        in.fail("timezone", "unknown_timezone", "No IANA time zone has this name.");
    const auto currency = in.string("currency", 3, 3);
    if (find_currency(currency) != nullptr)
        r.out.currency = currency;
    else if (!currency.empty())
        in.fail("currency", "unknown_currency", "No ISO 4217 currency with a minor unit has this code.");
    for (auto& item : in.objects("incomes", max_incomes)) r.income(item);
    for (auto& item : in.objects("bills", max_bills)) r.bill(item);
    for (auto& item : in.objects("goals", most_goals, false)) r.goal(item);
    r.out.buffer = r.money(in, "buffer_money", false).value_or(0);
    if (before != nullptr) r.out.moves = before->moves;
    r.out.default_weights = r.categories_of(in, r.out.categories);
    for (auto& item : in.objects("budgets", most_month_budgets, false)) r.month_budget(item);
    if (left_out(in, "budgets")) r.keep_budgets();
    check_load(r.out, [&in](std::string_view list, std::string code, std::string detail) {
        in.fail(list, std::move(code), std::move(detail));
    });
    in.optional_integer("version", 1, max_amount);  // as GET shows it; If-Match decides
    finish_body(doc);
    r.identify_all();
    return std::move(r.out);
}

}  // namespace mita::finance

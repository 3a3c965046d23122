#include "finance/plan/stored_period.hpp"

#include "finance/plan/plan_inputs.hpp"
#include "finance/wire/json_out.hpp"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace mita::finance {

namespace {

using boost::json::object;

std::string text_at(const object& o, std::string_view name) { return std::string(o.at(name).as_string()); }
amount amount_at(const object& o, std::string_view name) { return o.at(name).to_number<amount>(); }
civil_day day_at(const object& o, std::string_view name) {
    return parse_day(std::string_view(o.at(name).as_string())).value();
}

uuid account_at(const object& o, std::string_view name) {
    return uuid::parse(std::string_view(o.at(name).as_string())).value();
}

category_budget category_from(const object& o) {
    category_budget c;
    c.id = text_at(o, "id");
    c.cls = parse_class(std::string_view(o.at("class").as_string())).value();
    c.daily_part = amount_at(o, "part");
    if (o.contains("policy")) c.rule = parse_policy(text_at(o, "policy")).value();
    if (o.contains("rollover")) c.roll.kind = parse_rollover(text_at(o, "rollover")).value();
    if (o.contains("cap")) c.roll.cap = amount_at(o, "cap");
    if (const auto* w = o.if_contains("weights")) c.weights = weights_from_json(*w);
    const auto* guarded = o.if_contains("protected");
    c.guarded = guarded != nullptr && guarded->as_bool();
    return c;
}

expected_income income_from(const object& o) {
    return {text_at(o, "id"), text_at(o, "name"), text_at(o, "category"), day_at(o, "day"), amount_at(o, "amount")};
}

void append_incomes(json_out& out, std::string_view name, const std::vector<expected_income>& incomes) {
    out.key(name).open('[');
    for (const auto& i : incomes) {
        out.open('{').field("id", i.id).field("name", i.name).field("category", i.category).field("day", i.day);
        out.field("amount", i.value).close('}');
    }
    out.close(']');
}

bool flag_at(const object& o, std::string_view name) {
    const auto* v = o.if_contains(name);
    return v != nullptr && v->as_bool();
}

}  // namespace

std::string_view occurrence_key(std::string_view id) {
    constexpr std::size_t of_day = 3;  // "-05"
    return id.substr(0, id.size() - std::min(of_day, id.size()));
}

std::string_view owner_of(std::string_view id) {
    const auto item = id.substr(0, id.rfind(':'));
    return item.substr(0, item.rfind('.'));  // ids of items have no point
}

int number_of(std::string_view id) {
    const auto item = id.substr(0, id.rfind(':'));
    const auto point = item.rfind('.');
    int number = 1;
    if (point != std::string_view::npos) std::from_chars(item.data() + point + 1, item.data() + item.size(), number);
    return number;
}

std::string budget_json(const stored_period& p) {
    const auto& b = p.budget;
    json_out out({}, 2048);
    out.open('{').field("joined", b.joined).field("income", b.pool.income).field("due", b.pool.obligations);
    out.field("buffer", b.pool.buffer).field("pool", b.pool.pool).field("unallocated", b.unallocated);
    out.key("goals").open('[');
    for (const auto& g : p.goals) {
        out.open('{').field("id", g.id).field("name", g.name).field("target", g.target).field("by", g.by);
        out.field("saved", g.saved).field("reserved", g.reserved);
        if (g.sweeps) out.field("sweeps", true);
        if (g.swept) out.field("swept", *g.swept);
        out.close('}');
    }
    out.close(']').key("categories").open('[');
    for (const auto& c : b.categories) {
        out.open('{').field("id", c.id).field("class", class_name(c.cls)).field("part", c.daily_part);
        if (c.rule != policy{}) out.field("policy", format_policy(c.rule));
        if (c.roll.kind != rollover_kind::none) out.field("rollover", rollover_name(c.roll.kind));
        if (c.roll.cap) out.field("cap", *c.roll.cap);
        if (c.weights != weight_rule{}) {
            out.key("weights");
            append_weights(out, c.weights, {});
        }
        if (c.guarded) out.field("protected", true);
        out.close('}');
    }
    out.close(']');
    if (!p.cover) out.field("cover", false);
    if (p.knows_incomes) append_incomes(out, "incomes", p.incomes);
    if (!p.incomes_ahead.empty()) append_incomes(out, "incomes_ahead", p.incomes_ahead);
    if (b.problem) {
        out.key("problem").open('{').field("shortfall", b.problem->shortfall).key("broken").open('[');
        for (const auto& r : b.problem->broken) {
            out.open('{').field("kind", static_cast<int>(r.kind)).field("index", static_cast<std::int64_t>(r.index));
            out.field("missing", r.missing).close('}');
        }
        out.close(']').close('}');
    }
    out.close('}');
    return std::move(out.text);
}

std::string obligations_json(const stored_period& p) {
    json_out out({}, 1024);
    out.open('[');
    for (const auto& o : p.obligations) {
        out.open('{').field("id", o.id).field("name", o.name).field("category", o.category).field("day", o.day);
        out.field("amount", o.value);
        if (o.parts) out.field("parts", true);
        if (o.kept) out.field("kept", true);
        if (o.least > 0) out.field("low", o.least);
        if (o.between) out.field("from_account", o.between->from.str()).field("to_account", o.between->to.str());
        out.close('}');
    }
    out.close(']');
    return std::move(out.text);
}

std::vector<expected_income> read_incomes(std::string_view incomes) {
    std::vector<expected_income> out;
    const auto doc = boost::json::parse(incomes);
    for (const auto& v : doc.as_array()) out.push_back(income_from(v.as_object()));
    return out;
}

std::vector<obligation> read_obligations(std::string_view obligations) {
    std::vector<obligation> out;
    const auto dated = boost::json::parse(obligations);
    for (const auto& v : dated.as_array()) {
        const auto& d = v.as_object();
        out.push_back({text_at(d, "id"), text_at(d, "name"), text_at(d, "category"), day_at(d, "day"),
                       amount_at(d, "amount"), flag_at(d, "parts"), flag_at(d, "kept"),
                       d.contains("low") ? amount_at(d, "low") : 0});
        if (d.contains("from_account"))
            out.back().between = route{account_at(d, "from_account"), account_at(d, "to_account")};
    }
    return out;
}

void read_budget(stored_period& into, std::string_view budget, std::string_view obligations) {
    const auto doc = boost::json::parse(budget);
    const auto& o = doc.as_object();
    auto& b = into.budget;
    b.joined = o.at("joined").to_number<int>();
    b.pool.income = amount_at(o, "income");
    b.pool.obligations = amount_at(o, "due");
    b.pool.buffer = amount_at(o, "buffer");
    b.pool.pool = amount_at(o, "pool");
    b.unallocated = amount_at(o, "unallocated");
    for (const auto& v : o.at("goals").as_array()) {
        const auto& g = v.as_object();
        into.goals.push_back({text_at(g, "id"), text_at(g, "name"), amount_at(g, "target"), day_at(g, "by"),
                              amount_at(g, "saved"), amount_at(g, "reserved"), flag_at(g, "sweeps")});
        if (g.contains("swept")) into.goals.back().swept = amount_at(g, "swept");
        b.pool.goals.push_back(into.goals.back().reserved);
    }
    for (const auto& v : o.at("categories").as_array()) b.categories.push_back(category_from(v.as_object()));
    if (const auto* problem = o.if_contains("problem")) {
        infeasible why;
        why.shortfall = amount_at(problem->as_object(), "shortfall");
        for (const auto& v : problem->as_object().at("broken").as_array()) {
            const auto& r = v.as_object();
            why.broken.push_back({static_cast<reserve_kind>(r.at("kind").to_number<int>()),
                                  r.at("index").to_number<std::size_t>(), amount_at(r, "missing")});
        }
        b.problem = std::move(why);
    }
    into.cover = !o.contains("cover") || flag_at(o, "cover");
    const auto* incomes = o.if_contains("incomes");
    into.knows_incomes = incomes != nullptr;
    if (incomes != nullptr)
        for (const auto& v : incomes->as_array()) into.incomes.push_back(income_from(v.as_object()));
    into.obligations = read_obligations(obligations);
}

}  // namespace mita::finance

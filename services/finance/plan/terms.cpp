#include "finance/plan/terms.hpp"

#include <algorithm>

namespace mita::finance {

namespace {

using boost::json::object;

// Of an item that never said since when: January has each day there is.
constexpr year_month since_ever{std::chrono::year{2000}, std::chrono::January};

std::string_view text_at(const object& o, std::string_view name) { return std::string_view(o.at(name).as_string()); }
civil_day day_at(const object& o, std::string_view name) { return parse_day(text_at(o, name)).value(); }

recurrence rule_from(const object& o) {
    recurrence r;
    r.anchor = day_at(o, "anchor");
    r.unit = parse_unit(text_at(o, "unit")).value();
    r.interval = o.at("interval").to_number<int>();
    r.place = parse_month_place(text_at(o, "place")).value();
    r.weekend = parse_weekend(text_at(o, "weekend")).value();
    if (!o.at("until").is_null()) r.until = day_at(o, "until");
    if (!o.at("count").is_null()) r.count = o.at("count").to_number<int>();
    return r;
}

}  // namespace

recurrence rule_of(int day, const terms& more) {
    if (more.rule) return *more.rule;
    recurrence r;
    r.anchor = clamped_day(since_ever, day);
    return r;
}

void set_rule(int& day, terms& more, const recurrence& rule) {
    day = day_in_month(rule.anchor);
    more.rule.reset();
    if (rule != rule_of(day, more)) more.rule = rule;
}

std::vector<due_day> due_in(year_month month, int day, const terms& more) {
    std::vector<civil_day> days;
    const auto over = period_of(month);
    if (more.rule)
        days = occurrences(*more.rule, over.start, over.next);
    else
        days.push_back(clamped_day(month, day));
    std::vector<due_day> due;
    for (std::size_t i = 0; i < days.size(); ++i)
        if (!more.paused || !more.paused->covers(days[i])) due.push_back({days[i], static_cast<int>(i) + 1});
    return due;
}

int most_in_a_month(const terms& more) {
    constexpr int longest_month = 31, days_a_week = 7;
    if (!more.rule) return 1;
    const auto& rule = *more.rule;
    const int moved = rule.weekend == weekend_rule::as_is ? 0 : 1;  // from over an edge
    if (rule.unit == recurrence_unit::month || rule.unit == recurrence_unit::year) return 1 + moved;
    const int step = rule.interval * (rule.unit == recurrence_unit::week ? days_a_week : 1);
    return (longest_month + step - 1) / step + 2 * moved;
}

std::string occurrence_id(std::string_view item, const due_day& due) {
    std::string id(item);
    if (due.number > 1) id += "." + std::to_string(due.number);
    return id + ":" + format_day(due.day);
}

void append_schedule(json_out& out, const recurrence& rule) {
    out.open('{').field("unit", unit_name(rule.unit)).field("interval", rule.interval).field("anchor", rule.anchor);
    out.field("place", place_name(rule.place)).field("weekend", weekend_name(rule.weekend));
    if (rule.until)
        out.field("until", *rule.until);
    else
        out.null("until");
    if (rule.count)
        out.field("count", *rule.count);
    else
        out.null("count");
    out.close('}');
}

void append_terms(json_out& out, const terms& t, std::string_view currency) {
    if (t.rule) {
        out.key("schedule");
        append_schedule(out, *t.rule);
    }
    if (t.other_end) out.money("other_end_money", *t.other_end, currency);
    if (t.paused) {
        out.field("paused_from", t.paused->from);
        if (t.paused->to) out.field("paused_to", *t.paused->to);
    }
    if (t.subscription) out.field("subscription", true);
}

terms terms_from(const object& item) {
    terms t;
    if (const auto* rule = item.if_contains("schedule")) t.rule = rule_from(rule->as_object());
    if (const auto* end = item.if_contains("other_end_money"))
        t.other_end = end->as_object().at("amount").to_number<amount>();
    if (item.contains("paused_from")) {
        t.paused = pause{day_at(item, "paused_from")};
        if (item.contains("paused_to")) t.paused->to = day_at(item, "paused_to");
    }
    t.subscription = item.contains("subscription");
    return t;
}

}  // namespace mita::finance

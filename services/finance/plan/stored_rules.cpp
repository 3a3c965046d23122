#include "finance/plan/stored_rules.hpp"

#include <boost/json/object.hpp>

#include <string_view>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

std::string_view word_at(const boost::json::object& o, std::string_view name) {
    return std::string_view(o.at(name).as_string());
}

period_rule rule_of_periods(const boost::json::object& o) {
    period_rule r;
    r.every = parse_period_unit(word_at(o, "every")).value();
    if (r.every == period_unit::month)
        r.start_day = o.at("start_day").to_number<int>();
    else
        r.payday = parse_day(word_at(o, "payday")).value();
    return r;
}

}  // namespace

void append_members(json_out& out, const period_rule& rule) {
    out.field("every", period_unit_name(rule.every));
    if (rule.every == period_unit::month)
        out.field("start_day", rule.start_day);
    else
        out.field("payday", rule.payday);
}

void append_stored(json_out& out, const period_rules& rules) {
    if (rules.are_calendar_months()) return;
    out.key("periods").open('[');
    for (const auto& s : rules.stretches()) {
        out.open('{');
        if (&s != &rules.stretches().front()) out.field("since", s.since);
        append_members(out, s.rule);
        out.close('}');
    }
    out.close(']');
}

period_rules periods_from(const boost::json::array& stretches) {
    std::vector<period_rules::stretch> out;
    for (const auto& v : stretches) {
        const auto& o = v.as_object();
        const auto since = o.contains("since") ? parse_day(word_at(o, "since")).value() : civil_day::min();
        out.push_back({since, rule_of_periods(o)});
    }
    return period_rules(std::move(out));
}

}  // namespace mita::finance

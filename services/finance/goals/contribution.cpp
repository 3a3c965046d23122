#include "finance/goals/contribution.hpp"

#include "http/page.hpp"

#include <algorithm>
#include <map>

namespace mita::finance {

namespace {

civil_day day_of(const month_saving& m) { return m.over.last_day(); }
civil_day day_of(const goal_entry& e) {
    if (e.made != nullptr) return e.made->on;
    return day_of(e.month != nullptr ? *e.month : *e.sweep);
}

// What is there by the end of each day on which something moved.
std::vector<wide> ends_of_days(const goal_entries& all) {
    std::map<civil_day, wide> days;
    for (const auto& c : all.contributions) days[c.on] += c.value;
    for (const auto& m : all.months) days[day_of(m)] += m.value;
    for (const auto& m : all.sweeps) days[day_of(m)] += m.value;
    std::vector<wide> out;
    for (const auto& [_, moved] : days) out.push_back(out.empty() ? moved : out.back() + moved);
    return out;
}

}  // namespace

amount sum_of(const swept_savings& swept, std::string_view goal) {
    amount sum = 0;
    const auto found = swept.find(goal);
    if (found == swept.end()) return sum;
    for (const auto& m : found->second) sum += m.value;
    return sum;
}

wide goal_entries::sum() const {
    wide sum = 0;
    for (const auto& c : contributions) sum += c.value;
    for (const auto& m : months) sum += m.value;
    for (const auto& m : sweeps) sum += m.value;
    return sum;
}

bool goal_entries::holds() const {
    return std::ranges::all_of(ends_of_days(*this), [](wide there) { return there >= 0; });
}

bool goal_entries::fits() const {
    return std::ranges::all_of(ends_of_days(*this), [](wide there) { return narrow128(there).has_value(); });
}

std::vector<goal_entry> in_order(const goal_entries& all) {
    std::vector<goal_entry> out;
    for (const auto& c : all.contributions) out.push_back({&c, nullptr});
    for (const auto& m : all.months) out.push_back({nullptr, &m});
    for (const auto& m : all.sweeps) out.push_back({nullptr, nullptr, &m});
    std::ranges::sort(out, {}, [](const goal_entry& e) { return place_of(e); });
    return out;
}

// A month's own comes after all that was done on its last day, and what it swept before that.
std::string place_of(const goal_entry& e) {
    auto out = http::ascending_bytes(day_of(e).time_since_epoch().count());
    uuid id;
    id.bytes.fill(0xff);
    if (e.made != nullptr) id = e.made->id;
    if (e.sweep != nullptr) id.bytes.back() = 0xfe;
    out.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
    return http::turned(std::move(out));
}

void append(json_out& out, const contribution& c) {
    out.open('{').field("id", c.id.str()).field("kind", "contribution").field("goal_id", c.goal_id).field("on", c.on);
    out.money("money", c.value, c.currency);
    if (c.note)
        out.field("note", *c.note);
    else
        out.null("note");
    out.field("created_at", wall::format(c.created_at)).close('}');
}

void append(json_out& out, const goal_entry& e, const std::string& goal_id, const std::string& currency) {
    if (e.made != nullptr) {
        append(out, *e.made);
        return;
    }
    const auto& of = e.month != nullptr ? *e.month : *e.sweep;
    out.open('{').field("id", format_period(of.over) + (e.sweep != nullptr ? ".sweep" : ""));
    out.field("kind", e.sweep != nullptr ? "sweep" : "month").field("goal_id", goal_id);
    out.field("on", day_of(of)).money("money", of.value, currency).null("note").close('}');
}

std::string tag_of(const contribution& c) { return "c" + c.id.str(); }

}  // namespace mita::finance

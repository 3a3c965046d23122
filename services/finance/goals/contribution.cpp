#include "finance/goals/contribution.hpp"

#include "http/page.hpp"

#include <algorithm>
#include <map>

namespace mita::finance {

namespace {

civil_day day_of(const month_saving& m) { return period_of(m.month).next - std::chrono::days{1}; }
civil_day day_of(const goal_entry& e) { return e.made != nullptr ? e.made->on : day_of(*e.month); }

}  // namespace

wide goal_entries::sum() const {
    wide sum = 0;
    for (const auto& c : contributions) sum += c.value;
    for (const auto& m : months) sum += m.value;
    return sum;
}

bool goal_entries::holds() const {
    std::map<civil_day, wide> days;
    for (const auto& c : contributions) days[c.on] += c.value;
    for (const auto& m : months) days[day_of(m)] += m.value;
    wide there = 0;
    return std::ranges::all_of(days, [&there](const auto& d) {
        there += d.second;
        return there >= 0 && there <= max_amount;
    });
}

std::vector<goal_entry> in_order(const goal_entries& all) {
    std::vector<goal_entry> out;
    for (const auto& c : all.contributions) out.push_back({&c, nullptr});
    for (const auto& m : all.months) out.push_back({nullptr, &m});
    std::ranges::sort(out, {}, [](const goal_entry& e) { return place_of(e); });
    return out;
}

// A month's own comes after all that was done on its last day.
std::string place_of(const goal_entry& e) {
    auto out = http::ascending_bytes(day_of(e).time_since_epoch().count());
    uuid id;
    id.bytes.fill(0xff);
    if (e.made != nullptr) id = e.made->id;
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
    out.open('{').field("id", format_month(e.month->month)).field("kind", "month").field("goal_id", goal_id);
    out.field("on", day_of(e)).money("money", e.month->value, currency).null("note").close('}');
}

std::string tag_of(const contribution& c) { return "c" + c.id.str(); }

}  // namespace mita::finance

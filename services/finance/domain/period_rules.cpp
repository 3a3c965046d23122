#include "finance/domain/period_rules.hpp"

#include <algorithm>
#include <array>

namespace mita::finance {
namespace {

using std::chrono::days;

constexpr std::array<std::string_view, 3> units{"month", "week", "two_weeks"};
constexpr std::int64_t months_a_year = 12;

int length_of(period_unit unit) { return unit == period_unit::week ? 7 : 14; }

std::int64_t number_of_month(year_month m) {
    return static_cast<int>(m.year()) * months_a_year + static_cast<unsigned>(m.month()) - 1;
}

year_month month_numbered(std::int64_t number) {
    return std::chrono::year{0} / std::chrono::January + std::chrono::months{static_cast<int>(number)};
}

std::int64_t floor_of(std::int64_t value, std::int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }

}  // namespace

std::string_view period_unit_name(period_unit unit) { return units[static_cast<std::size_t>(unit)]; }

std::optional<period_unit> parse_period_unit(std::string_view name) {
    const auto found = std::ranges::find(units, name);
    if (found == units.end()) return std::nullopt;
    return static_cast<period_unit>(found - units.begin());
}

std::int64_t period_rule::number_of(civil_day day) const {
    if (every != period_unit::month) return floor_of((day - payday).count(), length_of(every));
    const auto month = month_of(day);
    return number_of_month(month) - (day < clamped_day(month, start_day) ? 1 : 0);
}

period period_rule::numbered(std::int64_t number) const {
    if (every == period_unit::month)
        return {clamped_day(month_numbered(number), start_day), clamped_day(month_numbered(number + 1), start_day)};
    const auto length = length_of(every);
    const auto start = payday + days{static_cast<int>(number * length)};
    return {start, start + days{length}};
}

period period_rule::containing(civil_day day) const { return numbered(number_of(day)); }

bool period_rule::agrees_with(const period_rule& other) const {
    if (every != other.every) return false;
    if (every == period_unit::month) return start_day == other.start_day;
    return (payday - other.payday).count() % length_of(every) == 0;
}

std::size_t period_rules::index_of(civil_day day) const {
    const auto after = std::ranges::upper_bound(stretches_, day, {}, &stretch::since);
    return static_cast<std::size_t>(after - stretches_.begin()) - 1;
}

period period_rules::first_of(std::size_t index) const {
    const auto& [since, rule] = stretches_[index];
    const auto cut = rule.containing(since);
    if (cut.start == since) return cut;
    const bool by_itself = (cut.next - since) * 2 >= cut.next - cut.start;
    return {since, by_itself ? cut.next : rule.containing(cut.next).next};
}

std::optional<std::int64_t> period_rules::last_number(std::size_t index) const {
    if (index + 1 == stretches_.size()) return std::nullopt;
    return stretches_[index].rule.number_of(stretches_[index + 1].since - days{1});
}

period period_rules::containing(civil_day day) const {
    const auto at = index_of(day);
    if (at > 0) {
        const auto first = first_of(at);
        if (first.contains(day)) return first;
    }
    return stretches_[at].rule.containing(day);
}

period period_rules::named(const period_name& name) const {
    const auto p = containing(name.day);
    if (!name.month || p.start == name.day) return p;
    const auto after = next(p);
    return month_of(after.start) == month_of(name.day) ? after : p;
}

// A period's number is that of its last day, which ends what its rule says whatever was joined before it.
period period_rules::ahead(const period& p, int count) const {
    auto at = index_of(p.start);
    auto now = p;
    for (std::int64_t left = count;; ++at) {
        const auto number = stretches_[at].rule.number_of(now.last_day());
        const auto last = last_number(at);
        if (!last || number + left <= *last) return left == 0 ? now : stretches_[at].rule.numbered(number + left);
        left -= *last - number + 1;
        now = first_of(at + 1);
    }
}

std::int64_t period_rules::steps(civil_day from, civil_day to) const {
    if (to < from) return -steps(to, from);
    const auto to_at = index_of(to);
    auto now = containing(from);
    std::int64_t sum = 0;
    for (auto at = index_of(from); at < to_at; ++at) {
        sum += *last_number(at) - stretches_[at].rule.number_of(now.last_day()) + 1;
        now = first_of(at + 1);
    }
    const auto& rule = stretches_[to_at].rule;
    return sum + rule.number_of(containing(to).last_day()) - rule.number_of(now.last_day());
}

void period_rules::change(const period_rule& to, civil_day from) {
    const bool same = stretches_.back().rule.agrees_with(to);
    while (!same && stretches_.size() > 1 && stretches_.back().since >= from) stretches_.pop_back();
    if (stretches_.back().rule.agrees_with(to))
        stretches_.back().rule = to;
    else
        stretches_.push_back({from, to});
}

}  // namespace mita::finance

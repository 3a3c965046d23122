#include "finance/plan/terms_body.hpp"

#include "finance/wire/fields.hpp"

#include <string>

namespace mita::finance {

namespace {

constexpr int longest_interval = 400, longest_count = 10'000;
constexpr civil_day first_anchor = std::chrono::year(1970) / 1 / 1, last_anchor = std::chrono::year(2199) / 12 / 31;

// One of an enum's words; what is left out stays as it was.
template <class Enum>
void merge_word(json_object& in, std::string_view name, std::optional<Enum> (*parse)(std::string_view),
                std::string_view words, Enum& into) {
    const auto text = in.string(name, 1, 32);
    if (text.empty()) return;
    if (const auto found = parse(text))
        into = *found;
    else
        in.fail(name, "invalid_value", "One of " + std::string(words) + ".");
}

struct rule_reader {
    json_object& in;
    recurrence r;
    bool wrong = false;

    void fail(std::string_view name, std::string code, std::string detail) {
        in.fail(name, std::move(code), std::move(detail));
        wrong = true;
    }

    void anchor() {
        const auto day = read_day(in, "anchor");
        if (!day)
            wrong = true;
        else if (*day < first_anchor || *day > last_anchor)
            fail("anchor", "invalid_date", "From 1970-01-01 to 2199-12-31.");
        else
            r.anchor = *day;
    }

    void ends() {
        if (in.is_null("until")) {
            in.ignore("until");
            r.until.reset();
        } else if (in.has("until")) {
            r.until = read_day(in, "until");
            wrong = wrong || !r.until;
        }
        if (in.is_null("count")) {
            in.ignore("count");
            r.count.reset();
        } else if (in.has("count")) {
            r.count = static_cast<int>(in.integer("count", 1, longest_count));
        }
        if (r.count && r.until) fail("until", "ambiguous", "An end by until or by count, not both.");
        if (r.until && *r.until < r.anchor) fail("until", "invalid_date", "Not before the anchor.");
    }

    void judge() {
        const bool in_months = r.unit == recurrence_unit::month || r.unit == recurrence_unit::year;
        if (!in_months && r.place != month_place::day)
            fail("place", "invalid_value", "Days and weeks have no place in a month.");
        else if (!wrong && !anchored(r))
            fail("anchor", "anchor_mismatch",
                 "The anchor is the first occurrence: a last_day ends its month, a last_weekday is in its last seven "
                 "days, an nth_weekday on its 28th day at the latest.");
    }
};

}  // namespace

std::optional<recurrence> read_rule(json_object& in, const recurrence* before) {
    if (!in.valid()) return std::nullopt;
    rule_reader body{in, before == nullptr ? recurrence() : *before};
    auto& r = body.r;
    if (before == nullptr || in.has("unit")) merge_word(in, "unit", &parse_unit, "day, week, month, year", r.unit);
    if (in.has("interval")) r.interval = static_cast<int>(in.integer("interval", 1, longest_interval));
    if (before == nullptr || in.has("anchor")) body.anchor();
    if (in.has("place"))
        merge_word(in, "place", &parse_month_place, "day, last_day, nth_weekday, last_weekday", r.place);
    if (in.has("weekend")) merge_word(in, "weekend", &parse_weekend, "as_is, before, after", r.weekend);
    body.ends();
    body.judge();
    if (body.wrong) return std::nullopt;
    return r;
}

void set_paused(terms& t, bool on, civil_day today) {
    if (on == t.is_paused()) return;
    if (!on)
        t.paused->to = today;
    else if (t.paused && month_of(t.paused->from) == month_of(today))
        t.paused->to.reset();  // taken up and left again within a month: what was left out stays so
    else
        t.paused = pause{today};
}

}  // namespace mita::finance

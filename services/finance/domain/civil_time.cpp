#include "finance/domain/civil_time.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace mita::finance {
namespace {

using std::chrono::year_month_day;

// Decimal digits only; -1 otherwise.
int parse_digits(std::string_view text) {
    int value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return -1;
        value = value * 10 + (c - '0');
    }
    return value;
}

}  // namespace

std::optional<civil_day> parse_day(std::string_view text) {
    if (text.size() != 10 || text[7] != '-') return std::nullopt;
    const auto month = parse_month(text.substr(0, 7));
    const int day = parse_digits(text.substr(8));
    if (!month || day < 1 || day > days_in(*month)) return std::nullopt;
    return clamped_day(*month, day);
}

std::string format_day(civil_day day) {
    const year_month_day date{day};
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()));
}

std::optional<year_month> parse_month(std::string_view text) {
    if (text.size() != 7 || text[4] != '-') return std::nullopt;
    const int year = parse_digits(text.substr(0, 4));
    const int month = parse_digits(text.substr(5));
    if (year < 1 || month < 1 || month > 12) return std::nullopt;
    return std::chrono::year{year} / month;
}

std::string format_month(year_month month) {
    return fmt::format("{:04}-{:02}", static_cast<int>(month.year()), static_cast<unsigned>(month.month()));
}

int days_in(year_month month) { return static_cast<int>(static_cast<unsigned>((month / std::chrono::last).day())); }

civil_day clamped_day(year_month month, int day) { return civil_day{month / std::clamp(day, 1, days_in(month))}; }

year_month month_of(civil_day day) {
    const year_month_day date{day};
    return date.year() / date.month();
}

int weekday_index(civil_day day) { return static_cast<int>(std::chrono::weekday{day}.iso_encoding()) - 1; }

int period::today_index(civil_day today) const { return std::clamp(offset(today), 0, days()); }

period period_of(year_month month) { return {clamped_day(month, 1), clamped_day(month + std::chrono::months{1}, 1)}; }

std::optional<period_name> parse_period(std::string_view text) {
    if (const auto month = parse_month(text)) return period_name{clamped_day(*month, 1), true};
    if (const auto day = parse_day(text)) return period_name{*day};
    return std::nullopt;
}

std::string format_period(const period& p) {
    const auto month = month_of(p.start);
    return p == period_of(month) ? format_month(month) : format_day(p.start);
}

}  // namespace mita::finance

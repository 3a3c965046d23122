// Dates that repeat: occurrence k = anchor + k·interval, clamped to the month's end from the anchor, never from the
// occurrence before (31 Jan → 28 Feb → 31 Mar). Used for bills, incomes, installments. Pure; O(1) per occurrence.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "finance/domain/civil_time.hpp"

namespace mita::finance {

enum class recurrence_unit : std::uint8_t { day, week, month, year };

// "day", "week", "month", "year".
std::string_view unit_name(recurrence_unit unit);
std::optional<recurrence_unit> parse_unit(std::string_view name);

struct recurrence {
    civil_day anchor;  // occurrence 0
    recurrence_unit unit = recurrence_unit::month;
    int interval = 1;                  // 1..1000
    std::optional<int> count{};        // that many occurrences in all
    std::optional<civil_day> until{};  // none after this day

    // Occurrence k ≥ 0, whatever count and until say.
    civil_day occurrence(std::int64_t k) const;
};

// Those in [from, to), in order, at most `limit`.
std::vector<civil_day> occurrences(const recurrence& rule, civil_day from, civil_day to, std::size_t limit = 1000);

// The first on or after `from`.
std::optional<civil_day> next_occurrence(const recurrence& rule, civil_day from);

}  // namespace mita::finance

// Which entry meets which occurrence: payments their bills, receipts their incomes. By the user's link, or by itself
// when category, amount (± 20 %) and date (± 7 days) fit; where the occurrence allows it also in parts. A function of
// the set of entries, never of their order (P4); an entry meets one occurrence. Used by the month for what it shows and
// what it gives the engine.
//
// All views agree, because nothing decides beyond two months: an entry first chooses the month of the occurrence that
// is the best for it, and the occurrences of a month choose among the entries that chose it; what is left of either
// meets once more, for parts. So the answer for a month is right when the occurrences of reach_months on either side
// are given whole, with every entry within entry_days of one of them. More of either never changes it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "finance/domain/civil_time.hpp"
#include "finance/domain/money.hpp"

namespace mita::finance {

inline constexpr int reach_months = 3;
inline constexpr int entry_days = 7;

struct expected_entry {
    std::string_view id;  // unique: breaks ties
    int category = 0;
    civil_day day;
    amount value = 0;
    bool parts = false;                    // also in parts: a bill of a category without a daily part, an income
    bool any_amount = false;               // a part may be larger than what fits: an income
    civil_day closed_from{}, closed_to{};  // entries of these days meet it by a link alone: [from, to)
    amount least = 0;                      // of a range up to `value`: what is in it fits, too; 0: none
    int route = 0;                         // only entries of this one meet it by themselves; 0: any
};

enum class entry_link : std::uint8_t {
    automatic,  // may match by itself (default)
    linked,     // meets the occurrence named, whatever its amount and date
    none,       // the user unlinked it: meets nothing
};

struct made_entry {
    std::string_view id;  // of the transaction's line, unique: breaks ties
    int category = 0;
    civil_day booked_on;
    amount value = 0;  // positive in the direction of the occurrences; others never match by themselves
    entry_link link = entry_link::automatic;
    std::string_view occurrence{};  // for linked
    int route = 0;                  // of a transfer; 0: it is none
};

struct entry_matching {
    std::vector<std::optional<std::size_t>> meets;     // per entry: the occurrence
    std::vector<std::optional<civil_day>> settled_on;  // per occurrence: since when it is met as far as it will be
};

// An occurrence is settled by one entry that fits its amount, or when its entries reach it. Order of the parts: the
// entries by (day, value, id), each to the first unsettled occurrence by (day, id).
// ± 20 %, or within the range.
bool fits_amount(const expected_entry& expected, amount value);

entry_matching match_entries(std::span<const expected_entry> expected, std::span<const made_entry> made);

}  // namespace mita::finance

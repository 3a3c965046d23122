#include "finance/ledger/bill_link.hpp"

#include "finance/wire/refusals.hpp"

#include <algorithm>

namespace mita::finance {

std::optional<civil_day> day_of_link(std::string_view id) {
    const auto cut = id.rfind(':');
    return cut == std::string_view::npos ? std::nullopt : parse_day(id.substr(cut + 1));
}

void check_link(const transaction& t, const std::optional<link_target>& target) {
    if (!target) refuse("/bill_id", "unknown_bill", "No occurrence of a bill in an opened month has this id.");
    if (target->category.empty() && !t.lines.front().category.empty())
        refuse("/bill_id", "bill_category", "It is a transfer between two accounts on budget, this is not.");
    const auto placed = [&](const auto& line) { return line.category == target->category; };
    if (std::ranges::none_of(t.lines, placed))
        refuse("/bill_id", "bill_category", "It is in category " + target->category + ", this is not.");
    const auto fits = [&](const auto& line) {
        return placed(line) && (target->income ? line.value > 0 : target->part || line.value < 0);
    };
    if (std::ranges::none_of(t.lines, fits))
        refuse("/bill_id", "bill_sign",
               target->income ? "Only what comes in meets an income." : "Only spending pays a bill.");
}

}  // namespace mita::finance

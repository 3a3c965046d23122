#include "finance/month/carry.hpp"

#include "finance/month/headroom.hpp"
#include "finance/wire/refusals.hpp"

#include <algorithm>

namespace mita::finance {

namespace {

void limit(carries& into, const headroom& load) {
    auto up = std::max<wide>(0, load.room_up());
    auto down = std::max<wide>(0, load.room_down());
    for (auto& [_, value] : into) {
        auto& room = value < 0 ? down : up;
        const auto part = std::min<wide>(room, value < 0 ? -value : value);
        room -= part;
        value = static_cast<amount>(value < 0 ? -part : part);
    }
    std::erase_if(into, [](const auto& c) { return c.second == 0; });
}

}  // namespace

carries carried_into(const month_facts& f, const settlements& met, const std::vector<period_ptr>& revisions,
                     civil_day today) {
    carries into;
    const auto& p = *revisions.back();
    for (auto month = p.chain_from; month < p.month; month += std::chrono::months{1}) {
        const auto over = period_of(month);
        const auto opened = f.revisions_of(month);
        if (opened.empty() || over.next > today) return {};
        limit(into, headroom_of(f, over, opened));
        const auto& last = *opened.back();
        const auto columns = columns_of(f, {opened.back()}, over, into);
        const auto in = input_of(f, met, columns, &last, over, today, into);
        month_plan closed;
        require(compute_month(in, closed));
        into.clear();
        for (const auto& c : last.budget.categories) {
            if (c.roll.kind == rollover_kind::none) continue;
            const auto at = index_in(columns, c.id);
            const auto carry = close_category(c.roll, closed.categories[*at].left_to_close()).carry_out;
            if (carry != 0) into.emplace(c.id, carry);
        }
    }
    if (!into.empty()) limit(into, headroom_of(f, period_of(p.month), revisions));
    return into;
}

}  // namespace mita::finance

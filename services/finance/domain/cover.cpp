#include "finance/domain/cover.hpp"

#include <algorithm>
#include <array>
#include <cassert>

#include "finance/domain/allocate.hpp"

namespace mita::finance {
namespace {

constexpr std::array donor_order{category_class::discretionary, category_class::flexible, category_class::essential};
constexpr int whole_bp = 10000;

struct donors {
    std::array<amount, max_categories> caps;
    std::array<amount, max_categories> parts;
    std::array<int, max_categories> index;
    std::size_t count = 0;
    wide total = 0;

    void collect(std::span<const stake> stakes, std::size_t needy, category_class cls, int cap_bp) {
        count = 0;
        total = 0;
        for (std::size_t i = 0; i < stakes.size(); ++i) {
            const auto left = stakes[i].free - stakes[i].given;
            if (i == needy || stakes[i].cls != cls || left <= 0) continue;
            const auto cap = static_cast<amount>(wide{left} * cap_bp / whole_bp);
            if (cap == 0) continue;
            caps[count] = cap;
            index[count++] = static_cast<int>(i);
            total += cap;
        }
    }
};

}  // namespace

void cover_all(std::span<stake> stakes, amount unallocated, int cap_bp, std::vector<cover_move>& moves) {
    donors group;
    for (std::size_t i = 0; i < stakes.size(); ++i) {
        auto need = -stakes[i].free;
        if (need <= 0) continue;
        const auto take_from = [&](int from, amount value) {
            if (value == 0) return;
            moves.push_back({from, static_cast<int>(i), value});
            stakes[i].covered += value;
            need -= value;
        };
        const auto first = std::min(need, std::max<amount>(0, unallocated));
        unallocated -= first;
        take_from(from_unallocated, first);
        for (const auto cls : donor_order) {
            assert(need >= 0);
            if (need == 0) break;
            group.collect(stakes, i, cls, cap_bp);
            if (group.count == 0) continue;
            const auto caps = std::span{group.caps}.first(group.count);
            const auto parts = std::span{group.parts}.first(group.count);
            if (need >= group.total) {
                std::ranges::copy(caps, parts.begin());
            } else {
                allocate(need, caps, parts);
            }
            for (std::size_t g = 0; g < group.count; ++g) {
                stakes[static_cast<std::size_t>(group.index[g])].given += parts[g];
                take_from(group.index[g], parts[g]);
                assert(parts[g] >= 0 && parts[g] <= caps[g]);  // nobody gives more than the cap
            }
        }
    }
}

}  // namespace mita::finance

#include "finance/plan/identity.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <cstdlib>
#include <tuple>

namespace mita::finance {

namespace {

struct pairing {
    int kind;  // 0: nothing in common
    amount amount_gap;
    int day_gap;
    std::size_t now, before;
};

int likeness(const known_thing& a, const known_thing& b, bool named) {
    if (!a.id.empty()) return a.id == b.id ? 1 : 0;
    const bool placed = a.category == b.category && !a.category.empty();
    if (named && (placed || a.category.empty())) return 2;
    if (named) return 3;
    return placed ? 4 : 0;
}

// Names as they are compared.
std::vector<std::string> folded(std::span<const known_thing> things) {
    std::vector<std::string> out;
    for (const auto& x : things) out.push_back(text::fold(x.name));
    return out;
}

}  // namespace

std::vector<std::optional<std::size_t>> same_things(std::span<const known_thing> now,
                                                    std::span<const known_thing> before) {
    std::vector<pairing> pairs;
    const auto names = folded(now), names_before = folded(before);
    for (std::size_t i = 0; i < now.size(); ++i) {
        for (std::size_t j = 0; j < before.size(); ++j) {
            const int kind = likeness(now[i], before[j], names[i] == names_before[j]);
            if (kind == 0) continue;
            pairs.push_back(
                {kind, std::llabs(now[i].value - before[j].value), std::abs(now[i].day - before[j].day), i, j});
        }
    }
    std::ranges::sort(pairs, {},
                      [](const auto& p) { return std::tuple{p.kind, p.amount_gap, p.day_gap, p.now, p.before}; });
    std::vector<std::optional<std::size_t>> out(now.size());
    std::vector<bool> taken(before.size());
    for (const auto& p : pairs) {
        if (out[p.now] || taken[p.before]) continue;
        out[p.now] = p.before;
        taken[p.before] = true;
    }
    return out;
}

}  // namespace mita::finance

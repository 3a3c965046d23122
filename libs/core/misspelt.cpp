#include "core/misspelt.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mita {

namespace {

constexpr std::string_view prefix = "MITA_";

// Short names are near to each other by chance.
std::size_t most_edits(std::string_view name) { return name.size() < prefix.size() + 6 ? 1 : 2; }

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
    // The distances of the beginnings of a, by 0, 1 and 2 letters shorter than now, to each beginning of b.
    std::array<std::vector<std::size_t>, 3> rows;
    auto& [now, before, two_before] = rows;
    for (auto& row : rows) row.resize(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) now[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        two_before.swap(before);
        before.swap(now);
        now[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = before[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            now[j] = std::min({before[j] + 1, now[j - 1] + 1, replaced});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = std::min(now[j], two_before[j - 2] + 1);
        }
    }
    return now[b.size()];
}

std::vector<misspelling> misspelt(const std::vector<std::string>& given, const std::vector<std::string>& read) {
    std::vector<misspelling> out;
    for (const auto& name : given) {
        const std::string* nearest = nullptr;
        auto least = most_edits(name) + 1;
        for (const auto& known : read) {
            if (name.size() >= known.size() + least || known.size() >= name.size() + least) continue;  // however long
            const auto distance = edit_distance(name, known);
            if (distance >= least) continue;
            least = distance;
            nearest = &known;
        }
        if (nearest && least > 0) out.push_back({name, *nearest});
    }
    return out;
}

}  // namespace mita

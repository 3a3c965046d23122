#include "finance/domain/policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace mita::finance {
namespace {

constexpr std::array<std::string_view, 5> policies{"even", "window", "carry", "save", "static"};
constexpr std::array<std::string_view, 4> rollovers{"none", "surplus", "deficit", "both"};
constexpr std::string_view window_prefix = "window:";

}  // namespace

std::optional<policy> parse_policy(std::string_view text) {
    if (text.starts_with(window_prefix)) {
        const auto digits = text.substr(window_prefix.size());
        if (digits.empty() || digits.size() > 2 || digits[0] == '0') return std::nullopt;
        int days = 0;
        for (const char c : digits) {
            if (c < '0' || c > '9') return std::nullopt;
            days = days * 10 + (c - '0');
        }
        return days <= 31 ? std::optional{policy{policy_kind::window, days}} : std::nullopt;
    }
    const auto found = std::ranges::find(policies, text);
    if (found == policies.end() || text == "window") return std::nullopt;
    return policy{static_cast<policy_kind>(found - policies.begin()), 0};
}

std::string format_policy(const policy& rule) {
    if (rule.kind == policy_kind::window) return fmt::format("{}{}", window_prefix, rule.window);
    return std::string{policies[static_cast<std::size_t>(rule.kind)]};
}

std::optional<rollover_kind> parse_rollover(std::string_view text) {
    const auto found = std::ranges::find(rollovers, text);
    if (found == rollovers.end()) return std::nullopt;
    return static_cast<rollover_kind>(found - rollovers.begin());
}

std::string_view rollover_name(rollover_kind kind) { return rollovers[static_cast<std::size_t>(kind)]; }

closing close_category(const rollover& rule, amount left) {
    const bool carries = rule.kind == rollover_kind::both || (rule.kind == rollover_kind::surplus && left > 0) ||
                         (rule.kind == rollover_kind::deficit && left < 0);
    amount carried = carries ? left : 0;
    if (rule.cap) carried = std::clamp(carried, -*rule.cap, *rule.cap);
    return {carried, left - carried};
}

}  // namespace mita::finance

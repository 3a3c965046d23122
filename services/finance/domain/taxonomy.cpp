#include "finance/domain/taxonomy.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "finance/domain/aliases.hpp"

namespace mita::finance {
namespace {

constexpr std::array<std::string_view, 5> classes{"protected", "essential", "flexible", "discretionary", "income"};

constexpr std::array categories{
    default_category{"housing", "Housing", category_class::protected_, 0},
    default_category{"utilities", "Utilities", category_class::protected_, 0},
    default_category{"insurance", "Insurance", category_class::protected_, 0},
    default_category{"debt", "Debt", category_class::protected_, 0},
    default_category{"childcare", "Childcare", category_class::protected_, 0},
    default_category{"education", "Education", category_class::protected_, 0},
    default_category{"taxes", "Taxes", category_class::protected_, 0},
    default_category{"groceries", "Groceries", category_class::essential, 3000},
    default_category{"transport", "Transport", category_class::essential, 1200},
    default_category{"health", "Health", category_class::essential, 700},
    default_category{"clothing", "Clothing", category_class::flexible, 600},
    default_category{"personal_care", "Personal care", category_class::flexible, 400},
    default_category{"home", "Home", category_class::flexible, 600},
    default_category{"pets", "Pets", category_class::flexible, 0},
    default_category{"communication", "Communication", category_class::flexible, 0},
    default_category{"dining_out", "Dining out", category_class::discretionary, 1100},
    default_category{"coffee", "Coffee", category_class::discretionary, 300},
    default_category{"entertainment", "Entertainment", category_class::discretionary, 700},
    default_category{"travel", "Travel", category_class::discretionary, 700},
    default_category{"hobbies", "Hobbies", category_class::discretionary, 0},
    default_category{"subscriptions", "Subscriptions", category_class::discretionary, 0},
    default_category{"gifts", "Gifts", category_class::discretionary, 0},
    default_category{"shopping", "Shopping", category_class::discretionary, 0},
    default_category{"other", "Other", category_class::discretionary, 700},
    default_category{"salary", "Salary", category_class::income, 0},
    default_category{"other_income", "Other income", category_class::income, 0},
};

// Longer texts are nobody's alias.
constexpr std::size_t longest = 32;

}  // namespace

std::string_view class_name(category_class cls) { return classes[static_cast<std::size_t>(cls)]; }

std::optional<category_class> parse_class(std::string_view name) {
    const auto found = std::ranges::find(classes, name);
    if (found == classes.end()) return std::nullopt;
    return static_cast<category_class>(found - classes.begin());
}

std::span<const default_category> default_categories() { return categories; }

const default_category* find_default_category(std::string_view id) {
    const auto* found = std::ranges::find(categories, id, &default_category::id);
    return found == categories.end() ? nullptr : found;
}

std::optional<std::string_view> resolve_category(std::string_view text) {
    std::array<char, longest> plain{};
    std::size_t size = 0;
    for (const char c : text) {
        if (c == ' ' || c == '-' || c == '_' || c == '/' || c == '&') continue;
        if (size == longest) return std::nullopt;
        plain[size++] = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    const std::string_view key{plain.data(), size};
    const auto* found = std::ranges::lower_bound(category_aliases, key, {}, &category_alias::plain);
    if (found == std::end(category_aliases) || found->plain != key) return std::nullopt;
    return found->id;
}

}  // namespace mita::finance

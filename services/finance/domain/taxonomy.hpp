// The one list of built-in categories: ids, classes, names, default weights, and the aliases people type.
// Used at onboarding, on transactions, in import, and to open periods. Data only; users' own categories are the
// service's. Nothing here allocates; views have static storage.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace mita::finance {

// Donor order of a cover is discretionary → flexible → essential; protected ones and income never give.
enum class category_class : std::uint8_t { protected_, essential, flexible, discretionary, income };

// "protected", "essential", "flexible", "discretionary", "income".
std::string_view class_name(category_class cls);
std::optional<category_class> parse_class(std::string_view name);

struct default_category {
    std::string_view id;    // "dining_out"
    std::string_view name;  // "Dining out"
    category_class cls;
    int weight_bp;  // share of the pool in basis points when the user gave no categories; 0: only bills, if any
};

// In display order: protected, essential, flexible, discretionary, income. Spend weights sum to 10000.
std::span<const default_category> default_categories();

// By canonical id only.
const default_category* find_default_category(std::string_view id);

// A canonical id for an id, a display name or an alias: ASCII case, spaces, '-', '_', '/' and '&' do not matter
// ("Dining Out", "restaurant", "FOOD"). nullopt: unknown (the service answers 422 with the list).
std::optional<std::string_view> resolve_category(std::string_view text);

}  // namespace mita::finance

// Which of the things planned before a new one is: the id the client sent back, else the nearest of the same name or
// category. What pays a bill, what a goal has saved hangs on it. Used by the reader of PUT /v1/onboarding. Pure.
#pragma once

#include "finance/domain/money.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mita::finance {

struct known_thing {
    std::string_view id;  // empty: none was given
    std::string_view name;
    std::string_view category;  // empty: it has none, the name decides
    amount value = 0;
    int day = 0;
};

// For each of `now` the index in `before` of what it is; each is taken at most once. Ids first, then the same name (by
// text::fold) and category, the same name, the same category; each time the nearest in amount, then in day, then in
// order.
std::vector<std::optional<std::size_t>> same_things(std::span<const known_thing> now,
                                                    std::span<const known_thing> before);

}  // namespace mita::finance

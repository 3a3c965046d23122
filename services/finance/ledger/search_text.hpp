// What a search of transactions compares: both sides in one form (text::search_key: no case, no accents, composed or
// not). Used by what writes transactions and by their pages. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mita::finance {

// Of a transaction, as stored; nothing found in one runs into the other. nullopt: it has neither.
std::optional<std::string> search_key_of(const std::optional<std::string>& payee,
                                         const std::optional<std::string>& note);

struct search_pattern {
    std::string like;     // for LIKE: every character of what is asked for stands for itself
    bool indexed = true;  // the index of trigrams narrows it down; else it would read everything
};
// nullopt: nothing is left to search for.
std::optional<search_pattern> pattern_of(std::string_view asked);

}  // namespace mita::finance

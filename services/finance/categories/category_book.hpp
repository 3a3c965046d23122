// The categories of one person: the built-in taxonomy with their own names, classes, aliases and additions over it.
// Used to resolve what people type and to order what they see. A value; cheap to build (30 entries).
#pragma once

#include "core/clock.hpp"
#include "finance/domain/taxonomy.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace mita::finance {

struct category_entry {
    std::string id;
    std::string name;
    category_class cls = category_class::discretionary;
    std::vector<std::string> aliases;
    bool archived = false;
    bool built_in = false;
    int weight_bp = 0;              // default share of the pool
    std::int64_t version = 0;       // of the person's row; 0: as built in
    wall::time_point created_at{};  // of the person's row, where category_store or ledger_store read it
};

// Where an entry stands in display order, in bytes of that order: its class, then the built-in ones as in the taxonomy,
// then the person's own by age. It stays what it is when others come and go.
std::string place_of(const category_entry& e);

class category_book {
public:
    category_book();  // the built-in taxonomy
    // own: the person's rows, by age; those with a built-in id replace it, others are appended after their class.
    explicit category_book(std::vector<category_entry> own);

    // In display order.
    const std::vector<category_entry>& entries() const { return entries_; }
    const category_entry* find(std::string_view id) const;
    // Position in display order; size() for an unknown id.
    std::size_t position(std::string_view id) const;
    // The canonical id for an id, a name or an alias (compared as words.hpp says): the person's own words first, then
    // the built-in aliases. Archived categories are not found.
    std::optional<std::string> resolve(std::string_view text) const;
    // Every word (words.hpp) that means a category other than `except`, archived ones too: ids, names, own aliases; to
    // its id.
    std::unordered_map<std::string, std::string> taken_words(std::string_view except) const;
    // "groceries, transport, ...": for problem details.
    std::string list() const;

private:
    struct word_index;

    std::vector<category_entry> entries_;
    std::shared_ptr<word_index> words_;  // of the person's own, made when first asked for; shared by copies
};

}  // namespace mita::finance

// What this process remembers of people's months, never trusted by itself: every use is checked against the person's
// versions in the database, in the statement that would be needed anyway (a write). So several nodes need no message
// about it, and nothing stale is ever shown.
#pragma once

#include "cache/cache.hpp"
#include "finance/month/month_facts.hpp"

#include <memory>

namespace mita::finance {

// The facts of the month of today, after this process's last write: saves a POST its reading (B12).
struct loaded_month_size {
    std::size_t operator()(const uuid&, const loaded_month& l) const;
};
using month_cache = cache::cache<uuid, loaded_month, loaded_month_size>;

// As it is once the entry added to it is written (facts_with_entry.hpp): without what a POST does not look at. Null
// when it is not worth keeping.
std::shared_ptr<const loaded_month> once_written(std::shared_ptr<loaded_month> with_entry);

}  // namespace mita::finance

// Reads everything a view of some months needs in one round trip of two statements. The cost does not grow with the
// number of a person's transactions: per-day sums, bills' candidates and the asked-for page come by index.
#pragma once

#include "core/deadline.hpp"
#include "db/pool.hpp"
#include "finance/month/month_facts.hpp"

#include <optional>

namespace mita::finance {

struct facts_wanted {
    civil_day first, last;              // days whose months' budgets and sums are read (and their carry chain)
    int transactions = 0;               // how many transactions to bring, newest first; 0: none
    std::optional<civil_day> only_day;  // of this day only
};

// Throws db::error, deadline_exceeded, overloaded.
class facts_store {
public:
    explicit facts_store(db::pool& db) : db_(db) {}
    // nullopt: the person has no row yet.
    awaitable<std::optional<month_facts>> read(uuid user, facts_wanted what, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::finance

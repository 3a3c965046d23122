// An opened period as stored: the engine's period_budget plus the goals it reserves for and the dated obligations. A
// value written once (schema: periods). Used by planning, which makes them, and month_view, which reads them.
#pragma once

#include "finance/accounts/account.hpp"
#include "finance/domain/civil_time.hpp"
#include "finance/domain/pool.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mita::finance {

struct stored_goal {
    std::string id, name;
    amount target = 0;
    civil_day by;
    amount saved = 0;     // by the months before this one; contributions come beside (month_facts)
    amount reserved = 0;  // by this month
    bool sweeps = false;  // what the days of this month leave under policy save goes to it
    // What was swept into it by the months before, as far as it was counted when this was planned; nullopt: nothing can
    // have been.
    std::optional<amount> swept{};
};

// An occurrence of a bill or of a planned transfer. id: "<bill>:<date>", the date of when it was first planned: moving
// the bill keeps the id. The second of a bill in a month is "<bill>.2:<date>" (terms.hpp).
struct obligation {
    std::string id, name, category;
    civil_day day;
    amount value = 0;
    bool parts = false;              // may be paid in parts: its category has no daily part
    bool kept = false;               // a fact to replanning and opening: paid, or of a past day
    amount least = 0;                // of a range: one payment of at least this pays it; 0: none
    std::optional<route> between{};  // a planned transfer: by itself only one between these accounts meets it
};

// Of the budget: it has a category. A transfer planned between two accounts on budget has none and moves no budget.
inline bool of_budget(const obligation& o) { return !o.category.empty(); }

// An income the period expects. id: "<income>:<date>".
struct expected_income {
    std::string id, name, category;
    civil_day day;
    amount value = 0;
};

// What an occurrence is of, and which of which month: its id without the day. A link finds its occurrence by it.
std::string_view occurrence_key(std::string_view id);
// The bill's or income's own id, and which of the month it is (1..).
std::string_view owner_of(std::string_view id);
int number_of(std::string_view id);

struct stored_period {
    int revision = 1;
    civil_day from_day;    // in force from here; the first revision for all days before too
    civil_day chain_from;  // first day of the run that leads here of periods that roll over, or swept into its goals
    std::int64_t plan_version = 0;
    period_budget budget;
    std::vector<stored_goal> goals;
    std::vector<obligation> obligations;  // of the month, and of 14 days on either side for matching payments
    std::vector<expected_income> incomes;
    std::vector<expected_income> incomes_ahead;  // of the two weeks after, of incomes with a rule of their own
    bool knows_incomes = true;  // false: planned before incomes were dated, so what comes in moves nothing
    bool cover = true;          // the person's switch when it was planned

    const period& over() const { return budget.over; }
    civil_day start() const { return budget.over.start; }  // which period it is
};

using period_ptr = std::shared_ptr<const stored_period>;

// The columns `budget` and `obligations`.
std::string budget_json(const stored_period& p);
std::string obligations_json(const stored_period& p);
// Of the column `obligations`, and of the member `incomes` of `budget`.
std::vector<obligation> read_obligations(std::string_view obligations);
std::vector<expected_income> read_incomes(std::string_view incomes);
// Fills budget, goals and obligations of a period whose days are set. Reads only what the two above wrote.
void read_budget(stored_period& into, std::string_view budget, std::string_view obligations);

}  // namespace mita::finance

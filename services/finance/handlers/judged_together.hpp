// Many entries judged one after the other, each after those before it, for one write of all of them: the month of today
// as it will be, and the room of each month they touch. Used by batch, bulk, undo and revert.
#pragma once

#include "finance/app.hpp"
#include "finance/ledger/transaction.hpp"
#include "finance/month/month_room.hpp"
#include "finance/month/spend_effect.hpp"
#include "finance/once/keyed_sql.hpp"

#include <map>
#include <optional>

namespace mita::finance {

struct judged_together {
    explicit judged_together(loaded_month n) : now(std::move(n)) { rooms.emplace(now.over.start, month_room(now)); }

    loaded_month now;                       // with what was accepted so far
    std::map<civil_day, month_room> rooms;  // by the first day

    const category_book& book() const { return now.facts.book; }
    state_before from() const { return {now.facts.who.ledger_version, now.facts.who.budget_version}; }
};

// Is it another day, another sum of a category, or in the plan now and not before, or the other way?
bool moves_money(const transaction& now, const transaction& before);

// Reads the months t touches that are not known yet, its own opened when it comes (`open`). false: they are of another
// state of the ledger than the month of today: begin again. Throws as month_loader.
awaitable<bool> know_months(app& a, const uuid& user, judged_together& j, const transaction& t, bool open, deadline d);

// `after` in the place of `before`; either may be null. Their months are known. Throws api_error 422 amount_overflow
// without a pointer, when money moves and a month has no room for it: then nothing has changed.
void require_rooms(const judged_together& j, const transaction* before, const transaction* after);
void put(judged_together& j, const transaction* before, const transaction* after);

// What all of them do to the plan. nullopt: no plan, or, where no money `moved`, sums beyond the range that were so
// before.
std::optional<spend_effect> effect_of_all(judged_together& j, bool moved);

// Members of an answer: "change_id", what it can be undone by, and "effect".
void append_change_id(json_out& out, const std::optional<uuid>& act);
void append_effect(json_out& out, const std::optional<spend_effect>& effect);

// Others of this worker have their turn, now and then in a long judging: before some of its steps, which this is the
// nth of.
awaitable<void> let_others(app& a, std::size_t nth);

}  // namespace mita::finance

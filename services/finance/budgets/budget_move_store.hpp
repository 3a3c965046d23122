// The rows of `budget_moves`. A write is judged by a budget_version and happens while it holds, with the months it
// plans anew.
#pragma once

#include "core/deadline.hpp"
#include "db/pool.hpp"
#include "finance/budgets/budget_move.hpp"
#include "finance/once/keyed_sql.hpp"
#include "finance/plan/months_written.hpp"

#include <optional>
#include <vector>

namespace mita::finance {

// Throws db::error, deadline_exceeded, overloaded.
class budget_move_store {
public:
    explicit budget_move_store(db::pool& db) : db_(db) {}

    // Of the period that begins on `first`, the newest first.
    awaitable<std::vector<budget_move>> of_period(const uuid& user, civil_day first, deadline d);
    awaitable<std::optional<budget_move>> read(const uuid& user, civil_day first, const uuid& id, deadline d);
    // Throws api_error 409 already_exists for an id that one has.
    awaitable<write_outcome> insert(const uuid& user, const budget_move& m, std::int64_t budget_version,
                                    const months_after& then, const keyed_answer& answer, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::finance

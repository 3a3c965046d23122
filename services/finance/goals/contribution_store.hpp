// The rows of `contributions`, and beside them what the months put aside. Each write is judged by a budget_version and
// happens while it holds, with the months it plans anew.
#pragma once

#include "core/deadline.hpp"
#include "db/pool.hpp"
#include "finance/goals/contribution.hpp"
#include "finance/once/keyed_sql.hpp"
#include "finance/plan/months_written.hpp"

#include <string>

namespace mita::finance {

// Throws db::error, deadline_exceeded, overloaded.
class contribution_store {
public:
    explicit contribution_store(db::pool& db) : db_(db) {}

    struct of_goal {
        std::int64_t budget_version = 0;
        goal_entries entries;
    };
    // now: the first day of the month that is not over, and so has put nothing aside yet.
    awaitable<of_goal> read(const uuid& user, const std::string& goal, civil_day now, deadline d);
    // Throws api_error 409 already_exists for an id that is another goal's.
    awaitable<write_outcome> insert(const uuid& user, const contribution& c, std::int64_t budget_version,
                                    const months_after& then, const keyed_answer& answer, deadline d);
    // False: something moved.
    awaitable<bool> remove(const uuid& user, const uuid& id, std::int64_t budget_version, const months_after& then,
                           deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::finance

// Writes opened months and plan inputs. Both take part in one order per person: an opening holds the person's
// row shared and checks budget_version; a replanning holds it exclusively and moves budget_version on. So a month is
// opened exactly once, and never under inputs that are no longer in force.
#pragma once

#include "core/deadline.hpp"
#include "db/pool.hpp"
#include "finance/once/keyed_sql.hpp"
#include "finance/once/writer.hpp"
#include "finance/people/profile.hpp"
#include "finance/plan/plan_inputs.hpp"
#include "finance/plan/stored_period.hpp"

#include <string>
#include <vector>

namespace mita::finance {

// Throws db::error, deadline_exceeded, overloaded.
class plan_store {
public:
    explicit plan_store(db::pool& db) : db_(db) {}

    // Months somebody else opened in the meantime stay as they are; nothing is written when budget_version has moved.
    // The caller reads again either way.
    awaitable<void> open(const profile& who, const std::vector<stored_period>& months, deadline d);

    // The plan begins on `first`, before who.planned_from: `months` are those before that day's own, which is `known`.
    // As open(), once and only under these inputs.
    awaitable<void> begin_earlier(const profile& who, const std::vector<stored_period>& months, period known,
                                  civil_day first, deadline d);

    // New inputs and the months they change (the current one and all opened after it), with their revision numbers, and
    // the answer of the request's key. moved: a later month was opened, other inputs came: read and plan again.
    awaitable<write_outcome> replan(const profile& who, const plan_inputs& a, const std::vector<stored_period>& months,
                                    civil_day today, const keyed_answer& answer, writer by, deadline d);

    // Has the person any transaction that is not deleted?
    awaitable<bool> has_money(uuid user, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::finance

// A transaction that is to be what it was, judged as a write of it: by what is there now. Used by revert and undo.
#pragma once

#include "finance/handlers/judged_together.hpp"
#include "finance/ledger/transaction_body.hpp"

namespace mita::finance {

// One that is to be as it was.
struct step_back {
    transaction before, after;

    const transaction* live_before() const { return before.deleted_at ? nullptr : &before; }
    const transaction* live_after() const { return after.deleted_at ? nullptr : &after; }
};

// `now` with what `then` had, and `now` deleted: each as its next version.
transaction back_to(const transaction& now, const transaction& then, const entry_rules& rules);
transaction deleted_again(const transaction& now, const entry_rules& rules);

// false: of another state of the ledger by now. Throws api_error: a leg of a transfer that would not be one, an account
// or a category that is there no more, a link that does not fit, sums beyond the range.
awaitable<bool> judge(app& a, const uuid& user, judged_together& j, step_back& s, deadline d);

}  // namespace mita::finance

// A goal as it stands: what the person wants (plan inputs), what is there, what this month puts aside for it. Used by
// the handlers of /v1/goals. Pure.
#pragma once

#include "finance/accounts/account_store.hpp"
#include "finance/goals/contribution.hpp"
#include "finance/plan/plan_inputs.hpp"
#include "finance/plan/stored_period.hpp"
#include "finance/wire/json_out.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mita::finance {

struct goal_state {
    plan_inputs::goal what;
    int priority = 1;
    amount saved = 0;                     // Σ of its entries (L5)
    amount month = 0;                     // what this month puts aside at its end
    amount missing = 0;                   // of it what has no money behind it
    std::optional<civil_day> reached_by;  // at this pace; nullopt: it is reached, paused, or too far
    std::optional<account_balance> kept_in;

    bool reached() const { return saved >= what.target; }
    std::string_view state() const;  // active | paused | reached
};

// By priority. p: the current month, as it is planned with these inputs; swept: by the months before it.
std::vector<goal_state> goals_of(const plan_inputs& inputs, const stored_period& p, const swept_savings& swept);

// beside: with what the account holds that it is kept in; reads have it.
enum class account_shown : bool { no, beside };
void append(json_out& out, const goal_state& g, const std::string& currency, account_shown as);
std::string text_of(const goal_state& g, const std::string& currency, account_shown as);

}  // namespace mita::finance

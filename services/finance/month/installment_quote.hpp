// May I pay this back in parts? What the plan would be with an installment plan: today's number, and of each month with
// a part how much of its income is bound. Pure; nothing is stored. Used by POST /v1/installments:quote.
#pragma once

#include "finance/domain/verdict.hpp"
#include "finance/month/month_facts.hpp"

#include <string>
#include <vector>

namespace mita::finance {

struct installment_quote {
    struct month {
        period over;
        amount parts = 0;      // due in it
        amount income = 0;     // expected
        amount bound = 0;      // of it, by bills and parts, goals, the buffer and budgets that were given as amounts
        amount shortfall = 0;  // what it lacks
        affordability verdict() const { return judge_affordability(income, bound); }
    };
    affordability verdict = affordability::safe;  // of the worst month
    amount today = 0, today_before = 0;           // today's budget with it, and without
    std::vector<month> months;
};

// The first twelve months with a part, from this month on. got: as facts_if. Throws api_error 422 amount_overflow.
installment_quote quote_of(const loaded_month& got, const plan_inputs::installment& wanted);

std::string quote_json(const installment_quote& q, const plan_inputs::installment& wanted, const std::string& currency);

}  // namespace mita::finance

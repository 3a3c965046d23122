// What a person answered at onboarding: the input every month's budget is made of. Versioned, stored as JSON with the
// ids of bills and goals, shown by GET /v1/onboarding in the form PUT takes. Used by planning and the onboarding
// handler.
#pragma once

#include "finance/accounts/account.hpp"
#include "finance/categories/category_book.hpp"
#include "finance/domain/day_weights.hpp"
#include "finance/domain/installments.hpp"
#include "finance/domain/money.hpp"
#include "finance/domain/period_rules.hpp"
#include "finance/domain/policy.hpp"
#include "finance/plan/terms.hpp"
#include "finance/wire/json_out.hpp"

#include <boost/json/value.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mita::finance {

inline constexpr const char* default_income_category = "salary";

struct plan_inputs {
    struct income {
        std::string id;  // as a bill's
        std::string name;
        std::string category;  // of class income
        amount value = 0;
        int day = 1;  // 1..31, clamped to the month's end; of terms with a rule its anchor's
        terms more{};
    };
    struct bill {
        std::string id;  // the client's to send back; else the nearest of its name or category keeps it
        std::string name;
        std::string category;
        amount value = 0;
        int day = 1;
        terms more{};
    };
    struct goal {
        std::string id;  // likewise, by its name
        std::string name;
        amount target = 0;
        std::optional<civil_day> by;  // one of by and monthly
        std::optional<amount> monthly{};
        bool paused = false;
        std::string account{};   // where it is kept, as the person says; empty: nowhere
        amount contributed = 0;  // Σ of its contributions; not stored with the inputs
    };
    struct category {
        std::string id;
        std::optional<amount> budget;
        std::optional<amount> weight;
        policy rule{};
        rollover roll{};
        weight_rule weights{};
        bool guarded = false;  // "protected": gives nothing in cover
    };

    // A planned transfer: from an account on budget, in whose currency it is.
    struct transfer {
        std::string id, name;
        std::string category;  // of the budget it is paid from; empty: to an account on budget, it moves none
        amount value = 0;
        int day = 1;
        terms more{};
        route between{};
    };

    // Between the budgets of a month, from a day on. Not stored with the inputs (budgets/).
    struct move {
        civil_day month;  // its first day
        std::string from, to;
        amount value = 0;
    };

    struct installment {
        std::string id, name;
        std::string category;  // not of class income
        installment_terms what;
        civil_day since;            // the day it came into the plan: what was due before has been paid elsewhere
        std::string transaction{};  // what was bought; empty: nobody said
    };

    // What was said of the budgets of a month alone, or of all from it on (month_budgets.hpp).
    struct month_budget {
        civil_day month;  // its first day, when it was said
        bool onwards = true;
        std::vector<category> categories;
        bool default_weights = false;
    };

    std::string timezone, currency;
    period_rules periods{};
    std::vector<income> incomes;
    std::vector<bill> bills;
    std::vector<goal> goals;  // by priority: when money is short the last breaks first
    amount buffer = 0;
    std::vector<category> categories;
    bool default_weights = false;             // no categories were given: the taxonomy's weights serve
    std::vector<move> moves{};                // in the order they were made
    std::vector<installment> installments{};  // /v1/installments alone changes them
    std::vector<month_budget> budgets{};      // by month; of one month what holds onwards first
    std::vector<transfer> transfers{};        // /v1/recurring alone changes them
};

// What stands already where a plan is given anew. today: a pause begins or ends on it. opened: the day after the last
// opened period, on which another rule of periods begins; nullopt: none is.
struct planned_until {
    civil_day today{};
    std::optional<civil_day> opened{};
};

// Body of PUT /v1/onboarding. Every finding at once: 422 as fields.hpp says, 400 for malformed JSON. `before`: the
// inputs in force, whose ids are kept, and terms (terms.hpp) of items that come back on their day without a word of
// them; may be null. accounts: what goals may be kept in.
plan_inputs read_plan_inputs(std::string_view body, const category_book& book, const plan_inputs* before,
                             const account_book& accounts = {}, planned_until there = {});

// What lists of incomes and bills may hold in any month: each list adds up to what can be shown, and there is an end to
// the number of occurrences. `fail` is told the list, a code and why.
using fail_list = std::function<void(std::string_view list, std::string code, std::string detail)>;
void check_load(const plan_inputs& a, const fail_list& fail);

// The list "categories" as stored and answered.
void append_categories(json_out& out, const std::vector<plan_inputs::category>& list, std::string_view currency);

// As stored, with ids. plan_inputs_from_json reads only what to_json wrote.
std::string to_json(const plan_inputs& a);
plan_inputs plan_inputs_from_json(std::string_view text);
// As answered: the members of a PUT body. Without categories when the default weights serve.
void append_members(json_out& out, const plan_inputs& a);

// Day weights in the stored and answered form; `pinned` days count from 1.
void append_weights(json_out& out, const weight_rule& rule, std::string_view currency);
weight_rule weights_from_json(const boost::json::value& v);

}  // namespace mita::finance

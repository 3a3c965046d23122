// What a view of a month (a budget period of the person's) is made of, as read from the database in one round trip: the
// person, their accounts, categories and plan inputs, the opened months, per-day sums, and the transactions that may
// pay bills. Plain data; month_view computes.
#pragma once

#include "finance/accounts/account.hpp"
#include "finance/categories/category_book.hpp"
#include "finance/ledger/bill_link.hpp"
#include "finance/ledger/transaction.hpp"
#include "finance/month/cash_days.hpp"
#include "finance/people/profile.hpp"
#include "finance/plan/plan_inputs.hpp"
#include "finance/plan/plan_months.hpp"
#include "finance/plan/stored_period.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mita::finance {

// Of day_actual: positive spending, refunds and incomes negative.
struct day_spent {
    civil_day day;
    std::string category;
    amount spent = 0;
    amount received = 0;  // of it, refunds and incomes, positive: what went out is spent + received

    bool cancels() const { return spent == 0 && received != 0; }
};

// A line of a live transaction that may pay a bill or be an income expected: linked to it, or of fitting category,
// amount and date.
struct payment {
    uuid transaction_id;
    int n = 1;
    std::string category;
    civil_day booked_on;
    amount value = 0;                // positive spending; what came in is negative
    std::string bill_id;             // of the occurrence it is linked to; empty: may match by itself
    std::optional<route> between{};  // of a transfer: which way it goes
};

// The lines of an entry that may: of a transfer that counts nowhere the leg that leaves, of no category.
std::vector<payment> payments_of(const transaction& t);

// What a month expects, whether its budget is at hand or not: so that what pays what is known over its edges.
struct month_expects {
    period over;
    std::vector<obligation> bills;
    std::vector<expected_income> incomes;
    bool out_of_reach = false;  // of it only what entries at hand are linked to, known by id and category alone
};

struct month_facts {
    profile who;
    period_rules rules;  // of the inputs in force; set by expect_months_to_come
    category_book book;
    account_book accounts;
    std::string inputs_text;                                  // in force; empty before onboarding
    std::vector<std::pair<std::string, amount>> contributed;  // to goals, by their id
    std::vector<plan_inputs::move> moved;                     // between budgets, of the newest months that have any
    std::vector<period_ptr> periods;     // by month, revision: those asked for, their carry chain, and the last opened
    std::vector<month_expects> expects;  // of those and of reach_months on either side, opened or to come
    std::vector<day_spent> actuals;      // of the months asked for and of their carry chain
    std::vector<payment> payments;
    std::vector<transaction> transactions;  // those asked for, newest first
    cash_days cash;                         // of the accounts that are cash

    // Of the month that begins on `first`, oldest revision first; empty when it is not opened.
    std::vector<period_ptr> revisions_of(civil_day first) const;
    // The latest revision of the last opened month; null when none is.
    period_ptr last_opened() const;
    // Parses inputs_text; precondition: not empty. The zone is the profile's: PATCH /v1/me moves it without new
    // inputs.
    plan_inputs in_force() const;

    amount contributed_to(std::string_view goal) const;

    // Is the occurrence a part of an installment plan in force?
    bool is_part(std::string_view occurrence) const;

    // What planning of the months after the last opened starts from. Precondition: one is.
    plan_start next_start() const;

    // An occurrence that an entry is linked to: its money is of that month, however far that is.
    void know_linked(const std::string& id, const link_target& what);
    // The day an occurrence is due on: as far as these facts know it, else the one in its id. nullopt: no such id.
    std::optional<civil_day> due_day_of(std::string_view occurrence) const;

    // Fills `expects` for reach_months after the last opened, from the inputs in force. Once, when the periods are
    // there.
    void expect_months_to_come();
};

// Facts with all months open that must be (month_loader.hpp).
struct loaded_month {
    month_facts facts;
    civil_day today;
    period over;     // the month asked for
    civil_day last;  // months up to that of this day are in facts as far as they are open
};

// What a plan that is given anew is judged by.
planned_until so_far(const loaded_month& got);

}  // namespace mita::finance

// A month as a person sees it on a given day: every category's plan, each day's numbers, bills with their state. Pure:
// facts and a day in, numbers out. Used by calendar, day, today, explain, and by the effect of a transaction, which
// adds lines to a copy of the facts and looks again.
//
// Rules. Days before today show what the plan said on their morning, by the revision in force on that day; from today
// on the current revision counts. Roll-over: carry_in is never stored; it is computed here from the stored budgets and
// the present sums of the months before (so a late entry into a closed month corrects what it carried), and is 0 while
// the month before is not closed. A month without a stored budget (before joining) shows actuals with no plan; a future
// one not opened yet is planned from the plan inputs in force and not stored (preview). In the month of joining, a bill
// dated before the day of joining counts as paid outside, unless one of the person's transactions pays it.
#pragma once

#include "core/ids.hpp"
#include "finance/domain/engine.hpp"
#include "finance/domain/explain.hpp"
#include "finance/goals/contribution.hpp"
#include "finance/month/month_facts.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mita::finance {

struct category_view {
    std::string id;
    category_class cls = category_class::discretionary;
    policy rule{};
    bool archived = false;
    bool planned = false;  // has a daily part in some revision
    day_amounts baseline{}, budget{},
        spent{};             // per day; budget: the morning's number before today, the plan from today
    amount spent_total = 0;  // on this plan, days after today and what was paid for its bills elsewhere included
    category_plan plan;      // of the current revision, as of this morning
};

enum class bill_status { upcoming, due, overdue, paid };
std::string_view bill_status_name(bill_status s);

// A transaction's part in a bill or an income.
struct entry_view {
    uuid transaction_id;
    civil_day booked_on;
    amount value = 0;  // positive
};

struct bill_view {
    obligation what;
    bill_status status = bill_status::upcoming;
    amount paid = 0;
    std::vector<entry_view> payments;
    std::optional<civil_day> paid_on;  // as far as it will be
    std::optional<uuid> paid_by;       // the transaction that did it
};

enum class income_state { expected, partly, received };
std::string_view income_state_name(income_state s);

struct income_view {
    expected_income what;
    amount received = 0;  // by today
    income_state state = income_state::expected;
    std::vector<entry_view> receipts;
};

struct month_view {
    period over;
    civil_day today;
    int today_index = 0;  // 0 for a future month, days() for a closed one
    std::string currency;
    period_ptr budget;  // the current revision, or the preview; null: no plan
    bool preview = false;
    std::vector<category_view> categories;              // in display order; the engine's indexes
    std::vector<bill_view> bills;                       // of the month, by date
    std::vector<bill_view> earlier_bills, later_bills;  // of the months around it, those not paid
    std::vector<bill_view> transfers;                   // planned between accounts on budget: of the month, by date
    std::vector<bill_view> earlier_transfers, later_transfers;  // of the months around it, those not made
    std::vector<income_view> incomes;                           // of the month, by date
    swept_savings swept;                                        // into goals, by the months before it that are over
    month_input in;                                             // what the engine was given for the current revision
    month_plan plan;

    int days() const { return over.days(); }
    // Index in categories; nullopt: the category plays no part in this month.
    std::optional<std::size_t> find(std::string_view category) const;
    std::string_view status() const;  // ok | infeasible | no_plan
    // Over all categories.
    amount budget_of(int day) const;
    amount spent_of(int day) const;
};

// The month with the day `in`. Throws api_error 422 amount_overflow when a figure leaves ±(2^53−1).
month_view view_month(const month_facts& f, civil_day in, civil_day today);

// The first day of the month after v's, on its own morning if nothing more is booked until then: of one category, or of
// all. nullopt: that month has no plan, or f does not know it. Throws like view_month.
std::optional<amount> first_day_after(const month_facts& f, const month_view& v,
                                      std::optional<std::string_view> category);

// The terms of a day's number. A category that plays no part that month has the one term baseline 0.
explanation explain_in(const month_facts& f, const month_view& v, std::string_view category, int day);

}  // namespace mita::finance

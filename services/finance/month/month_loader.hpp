// Brings the facts a view needs, and opens what must be open first: each month from the last opened one to the one
// looked at, in order, at most once, whoever asks first. Used by every handler that shows or changes a plan.
#pragma once

#include "core/deadline.hpp"
#include "finance/month/facts_store.hpp"
#include "finance/month/month_facts.hpp"
#include "finance/people/profile_store.hpp"
#include "finance/plan/plan_store.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mita::finance {

struct month_request {
    std::optional<period_name> month;   // nullopt: the month of the person's today, the ones after with it
    std::string_view named = "/month";  // where the request named the month
    int earlier = 0;                    // calendar months before it, too
    bool around = false;                // the weeks around today too (a week strip may cross a month's edge)
    bool next = false;                  // the four weeks after as well, as far as they are open; with today's always
    bool all_later = false;             // every month opened after it too (replanning)
    bool open_future = false;           // open a future month as well (a spend into it)
    int transactions = 0;               // as facts_wanted
    std::optional<civil_day> only_day;  // as facts_wanted
};

class month_loader {
public:
    explicit month_loader(db::pool& db) : facts_(db), plans_(db), profiles_(db) {}

    // One round trip of two statements when the months are open, else two or three; one more when the person's are no
    // calendar months and reach beyond those asked for at first. Makes the person's row. At most
    // most_periods_ahead: else api_error 422 invalid_date. Throws db::error, deadline_exceeded, overloaded.
    awaitable<loaded_month> load(uuid user, month_request what, deadline d);
    // The tag that what load() brings would be shown with (plan_tag), from the person's row alone. nullopt: it must be
    // loaded to be known, for a day without a plan gets one first. Throws as load.
    awaitable<std::optional<std::string>> tag(uuid user, month_request what, deadline d);

private:
    awaitable<void> begin_today(const month_facts& f, civil_day today, deadline d);

    facts_store facts_;
    plan_store plans_;
    profile_store profiles_;
};

}  // namespace mita::finance

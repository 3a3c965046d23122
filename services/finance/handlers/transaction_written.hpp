// What every write of a transaction has in common: what it is judged by, what it does to the plan, and the one shape of
// its answer. Used by the handlers that create, change, delete and restore. Pure but for look_there.
#pragma once

#include "finance/app.hpp"
#include "finance/ledger/bill_link.hpp"
#include "finance/ledger/transaction_body.hpp"
#include "finance/month/spend_effect.hpp"
#include "http/message.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace mita::finance {

entry_rules rules_of(const month_facts& f);

// What the plan is once `after` stands instead of `before` (either may be null); the facts are of today's month and are
// changed. nullopt: no plan. Throws api_error 422 amount_overflow at `blamed` when the month cannot hold it.
std::optional<spend_effect> effect_of_change(month_facts& f, const transaction* before, const transaction* after,
                                             std::string_view blamed);

// The transaction and its effect (proto-json/schemas/transaction_created.json).
// currency: the plan's.
http::response written(const transaction& t, const std::optional<spend_effect>& effect, std::string_view currency,
                       unsigned status);

// May a new entry be linked to what it names (its bill_id, not empty)? Then f knows it. Throws as check_link.
void judge_link(month_facts& f, const transaction& entry, std::optional<link_target> target);
awaitable<void> check_linked(app& a, const uuid& user, month_facts& f, const transaction& entry, deadline d);

// A leg of a transfer comes and goes with it: 409 transfer_leg.
void refuse_leg(const transaction& t);

// The months other than that of `now` that t touches, if any: its own and that of the bill it is linked to.
struct touched_month {
    civil_day first;
    bool own = false;
};
std::vector<touched_month> other_months(const transaction& t, const loaded_month& now);

// Such a month must have room for t, instead of `before` (may be null); its own is opened when it comes.
struct room_wanted {
    const transaction& entry;
    const transaction* before = nullptr;
    std::string_view blamed;
    std::int64_t ledger_version = 0;  // it is judged by; of another one nothing is said: the write will find out
    bool open = false;                // its own month, when it comes
};
awaitable<void> require_room_in(app& a, const uuid& user, touched_month month, room_wanted what, deadline d);

}  // namespace mita::finance

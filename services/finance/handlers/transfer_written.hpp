// What every write of a transfer has in common: what its two legs do to the plan, and the one shape of its answer. Used
// by the handlers of transfers.
#pragma once

#include "finance/app.hpp"
#include "finance/month/spend_effect.hpp"
#include "finance/transfers/transfer.hpp"
#include "http/message.hpp"

#include <array>
#include <optional>
#include <string_view>

namespace mita::finance {

// A transaction as it was and as it will be; either may be null.
struct leg_change {
    const transaction* before = nullptr;
    const transaction* after = nullptr;
};
using leg_changes = std::array<leg_change, 2>;
// Null: there is none on that side.
leg_changes changes_of(const transfer* before, const transfer* after);

// What the plan is with them; the facts are of today's month and are changed. nullopt: no plan. Throws api_error 422
// amount_overflow at `blamed`.
std::optional<spend_effect> effect_of_changes(month_facts& f, const leg_changes& all, std::string_view blamed);
// Of what is never refused for what it does to sums; nullopt also when they are beyond the range.
std::optional<spend_effect> effect_if_any(month_facts& f, const leg_changes& all);

// Every other month they touch has room for them (require_room_in); open: its own month is opened when it comes.
awaitable<void> require_room_for(app& a, const uuid& user, const loaded_month& now, const leg_changes& all, bool open,
                                 deadline d);

// The occurrence that t is linked to, as facts know it, or none any more: then the link goes.
awaitable<void> keep_link(app& a, const uuid& user, month_facts& f, transaction& t, deadline d);

// The transfer and its effect (proto-json/schemas/transfer_written.json). currency: the plan's.
http::response written(const transfer& t, const std::optional<spend_effect>& effect, std::string_view currency,
                       unsigned status);

}  // namespace mita::finance

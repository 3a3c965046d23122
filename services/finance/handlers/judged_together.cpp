#include "finance/handlers/judged_together.hpp"

#include "core/error.hpp"
#include "finance/handlers/transaction_written.hpp"
#include "finance/ledger/bill_link.hpp"
#include "finance/month/facts_with_entry.hpp"
#include "finance/month/month_loader.hpp"
#include "finance/wire/refusals.hpp"

#include <algorithm>
#include <chrono>
#include <vector>

namespace mita::finance {

namespace {

std::vector<civil_day> months_of(const transaction& t, const loaded_month& now) {
    std::vector<civil_day> out{now.over.start};
    for (const auto& other : other_months(t, now)) out.push_back(other.first);
    return out;
}

// Outside the coroutine: facts are large.
bool know(judged_together& j, const loaded_month& got) {
    if (got.facts.who.ledger_version != j.now.facts.who.ledger_version) return false;
    j.rooms.emplace(got.over.start, month_room(got));
    return true;
}

}  // namespace

bool moves_money(const transaction& now, const transaction& before) {
    const auto same = [](const auto& a, const auto& b) { return a.category == b.category && a.value == b.value; };
    return now.booked_on != before.booked_on || now.counts != before.counts ||
           !std::ranges::equal(now.lines, before.lines, same);
}

awaitable<bool> know_months(app& a, const uuid& user, judged_together& j, const transaction& t, bool open, deadline d) {
    for (const auto month : other_months(t, j.now)) {
        if (j.rooms.contains(month.first)) continue;
        month_request there;
        there.month = period_name{month.first};
        there.open_future = open && month.own;
        const auto got = co_await a.months.load(user, there, d);
        if (!know(j, got)) co_return false;
    }
    co_return true;
}

void require_rooms(const judged_together& j, const transaction* before, const transaction* after) {
    if (after == nullptr || (before != nullptr && !moves_money(*after, *before))) return;
    for (const auto month : months_of(*after, j.now))
        if (!j.rooms.at(month).fits(before, after, j.book())) throw amount_overflow();
}

void put(judged_together& j, const transaction* before, const transaction* after) {
    for (auto& [month, room] : j.rooms) room.replace(before, after, j.book());
    replace_entry(j.now.facts, before, after);
}

std::optional<spend_effect> effect_of_all(judged_together& j, bool moved) {
    try {
        return effect_of_change(j.now.facts, nullptr, nullptr, {});
    } catch (const api_error& e) {
        if (moved || e.code != "amount_overflow") throw;
    }
    return std::nullopt;
}

void append_change_id(json_out& out, const std::optional<uuid>& act) {
    if (act)
        out.field("change_id", act->str());
    else
        out.null("change_id");
}

void append_effect(json_out& out, const std::optional<spend_effect>& effect) {
    if (effect) {
        out.key("effect");
        append(out, *effect);
    } else {
        out.null("effect");
    }
}

awaitable<void> let_others(app& a, std::size_t nth) {
    constexpr std::size_t judged_at_once = 50;
    if (nth % judged_at_once != judged_at_once - 1) co_return;
    steady_timer turn(a.on.get_executor(), std::chrono::milliseconds(0));
    co_await turn.async_wait(use_awaitable);
}

}  // namespace mita::finance

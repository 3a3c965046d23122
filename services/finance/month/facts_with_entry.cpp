#include "finance/month/facts_with_entry.hpp"

#include "finance/month/headroom.hpp"
#include "finance/month/month_view.hpp"
#include "finance/wire/refusals.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace mita::finance {

namespace {

void take_out(month_facts& f, const transaction& t) {
    for (const auto& line : t.lines) {
        for (auto& a : f.actuals) {
            if (a.day != t.booked_on || a.category != line.category) continue;
            a.spent += line.value;
            a.received -= std::max<amount>(0, line.value);
        }
    }
    std::erase_if(f.actuals, [](const auto& a) { return a.spent == 0 && a.received == 0; });
}

void move_cash(month_facts& f, const transaction& t, int sign) {
    const auto* there = f.accounts.find(t.account_id);
    if (there != nullptr && is_cash(*there, f.who.currency)) f.cash.move(t.booked_on, sign * t.value);
}

}  // namespace

void add_entry(month_facts& f, const transaction& t) {
    for (const auto& line : t.lines) {
        const auto received = std::max<amount>(0, line.value);
        const auto same = std::ranges::find_if(
            f.actuals, [&](const auto& a) { return a.day == t.booked_on && a.category == line.category; });
        if (same == f.actuals.end()) {
            f.actuals.push_back({t.booked_on, line.category, -line.value, received});
        } else {
            const auto sum = checked_sub(same->spent, line.value);
            const auto in = checked_add(same->received, received);
            if (!sum || !in) throw amount_overflow();
            same->spent = *sum;
            same->received = *in;
        }
    }
    std::ranges::move(payments_of(t), std::back_inserter(f.payments));
}

void replace_entry(month_facts& f, const transaction* before, const transaction* after) {
    if (before != nullptr) move_cash(f, *before, -1);
    if (after != nullptr) move_cash(f, *after, 1);
    if (before != nullptr && before->counts) take_out(f, *before);
    if (before != nullptr) std::erase_if(f.payments, [&](const auto& p) { return p.transaction_id == before->id; });
    if (after != nullptr && after->counts)
        add_entry(f, *after);
    else if (after != nullptr)
        std::ranges::move(payments_of(*after), std::back_inserter(f.payments));
}

void require_room(loaded_month got, const transaction& t, const transaction* instead_of, std::string_view pointer) {
    auto& f = got.facts;
    try {
        replace_entry(f, instead_of, &t);
        auto revisions = f.revisions_of(got.over.start);
        const auto v = view_month(f, got.over.start, got.today);
        if (v.preview) revisions.push_back(v.budget);
        if (headroom_of(f, v.over, revisions).fits()) return;
    } catch (const api_error& e) {
        if (e.code != "amount_overflow") throw;
    }
    throw amount_overflow(pointer);
}

}  // namespace mita::finance

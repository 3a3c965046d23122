#include "finance/handlers/put_back.hpp"

#include "core/error.hpp"
#include "finance/handlers/transaction_written.hpp"
#include "finance/wire/refusals.hpp"

namespace mita::finance {

namespace {

// Of a leg of a transfer money, day, account and whether it counts are the transfer's; it becomes and ceases to be one
// there.
void check_leg(const transaction& t, const transaction& before) {
    const auto same = [&](const auto member) { return t.*member == before.*member; };
    if (same(&transaction::transfer_id) && !t.transfer_id) return;
    if (same(&transaction::transfer_id) && same(&transaction::account_id) && same(&transaction::booked_on) &&
        same(&transaction::value) && same(&transaction::counts))
        return;
    throw api_error(409, "transfer_leg", "It is or was a leg of a transfer: change, pair or unpair that one.");
}

// What is there no more cannot come back; archived it may. In the plan is what its account says now.
void check_places(transaction& t, const month_facts& f) {
    const auto* there = f.accounts.find(t.account_id);
    if (there == nullptr) refuse({}, "unknown_account", "Its account is there no more.");
    if (there->currency != t.currency)
        refuse({}, "currency_mismatch",
               "It was in " + t.currency + ", and its account is in " + there->currency + " by now.");
    for (const auto& line : t.lines)
        if (!line.category.empty() && f.book.find(line.category) == nullptr)
            refuse({}, "unknown_category", "Its category " + line.category + " is there no more.");
    if (!t.transfer_id) t.counts = there->on_budget;
    if (!t.counts && !t.bill_id.empty() && !may_be_planned(t, f.accounts))
        refuse({}, "off_budget", "What is booked in an account off budget pays no bill.");
}

bool links_anew(const step_back& s) {
    const auto& t = s.after;
    if (t.bill_id.empty()) return false;
    return s.before.deleted_at.has_value() || t.bill_id != s.before.bill_id || moves_money(t, s.before);
}

}  // namespace

transaction back_to(const transaction& now, const transaction& then, const entry_rules& rules) {
    auto out = then;
    out.version = now.version + 1;
    out.updated_at = rules.now;
    if (out.deleted_at) out.deleted_at = rules.now;
    if (out.payee == now.payee) out.payee_id = now.payee_id;
    return out;
}

transaction deleted_again(const transaction& now, const entry_rules& rules) {
    auto out = now;
    out.version = now.version + 1;
    out.updated_at = rules.now;
    out.deleted_at = rules.now;
    return out;
}

awaitable<bool> judge(app& a, const uuid& user, judged_together& j, step_back& s, deadline d) {
    if (s.live_after() != nullptr) {
        check_leg(s.after, s.before);
        check_places(s.after, j.now.facts);
        if (links_anew(s)) {
            co_await check_linked(a, user, j.now.facts, s.after, d);
        }
        const bool known = co_await know_months(a, user, j, s.after, true, d);
        if (!known) co_return false;
    }
    if (s.live_before() != nullptr) {
        const bool known = co_await know_months(a, user, j, s.before, false, d);
        if (!known) co_return false;
    }
    require_rooms(j, s.live_before(), s.live_after());
    put(j, s.live_before(), s.live_after());
    co_return true;
}

}  // namespace mita::finance

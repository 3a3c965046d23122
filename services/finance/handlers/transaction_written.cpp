#include "finance/handlers/transaction_written.hpp"

#include "core/error.hpp"
#include "finance/month/facts_with_entry.hpp"
#include "finance/month/month_loader.hpp"
#include "finance/wire/refusals.hpp"

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

// The occurrence a link names, when it is of a month these facts have open.
std::optional<link_target> target_in(const month_facts& f, std::string_view id) {
    const auto last = f.last_opened();
    for (const auto& m : f.expects) {
        if (m.out_of_reach) continue;
        if (!last || m.over.start > last->start()) break;
        for (const auto& o : m.bills)
            if (o.id == id) return link_target{o.category, false, o.day};
        for (const auto& i : m.incomes)
            if (i.id == id) return link_target{i.category, true, i.day};
    }
    return std::nullopt;
}

}  // namespace

entry_rules rules_of(const month_facts& f) {
    const auto where = find_zone(f.who.timezone);
    if (!where) throw std::logic_error("a stored time zone is not in this system's tzdata");
    return {*where, wall::now(), f.book, f.accounts};
}

std::optional<spend_effect> effect_of_change(month_facts& f, const transaction* before, const transaction* after,
                                             std::string_view blamed) {
    try {
        replace_entry(f, before, after);
        return effect_of(f, today_of(f.who));
    } catch (const api_error& e) {
        if (e.code != "amount_overflow" || !e.errors.empty()) throw;
    }
    throw amount_overflow(blamed);
}

http::response written(const transaction& t, const std::optional<spend_effect>& effect, std::string_view currency,
                       unsigned status) {
    json_out out(currency, 1024);
    out.open('{');
    append_members(out, t);
    if (effect) {
        out.key("effect");
        append(out, *effect);
    } else {
        out.null("effect");
    }
    out.close('}');
    return http::json(status, std::move(out.text));
}

awaitable<void> check_linked(app& a, const uuid& user, month_facts& f, const transaction& entry, deadline d) {
    auto target = target_in(f, entry.bill_id);
    if (!target) {
        target = co_await a.ledger.find_target(user, entry.bill_id, d);
    }
    judge_link(f, entry, target);
}

void judge_link(month_facts& f, const transaction& entry, std::optional<link_target> target) {
    if (target && entry.value > 0) target->part = f.is_part(entry.bill_id);
    check_link(entry, target);
    f.know_linked(entry.bill_id, *target);
}

void refuse_leg(const transaction& t) {
    if (!t.transfer_id) return;
    throw api_error(409, "transfer_leg",
                    "It is of transfer " + t.transfer_id->str() + ": delete, restore or unpair that one.");
}

std::vector<touched_month> other_months(const transaction& t, const loaded_month& now) {
    std::vector<touched_month> out;
    if (!t.counts) return out;
    const auto first_of = [&now](civil_day day) { return now.facts.rules.containing(day).start; };
    const auto own = first_of(t.booked_on);
    const auto due = now.facts.due_day_of(t.bill_id);
    if (own != now.over.start) out.push_back({own, true});
    if (due && first_of(*due) != now.over.start && first_of(*due) != own) out.push_back({first_of(*due)});
    return out;
}

awaitable<void> require_room_in(app& a, const uuid& user, touched_month month, room_wanted what, deadline d) {
    month_request there;
    there.month = period_name{month.first};
    there.open_future = what.open && month.own;
    auto got = co_await a.months.load(user, there, d);
    if (got.facts.who.ledger_version != what.ledger_version) co_return;
    require_room(std::move(got), what.entry, what.before, what.blamed);
}

}  // namespace mita::finance

#include "finance/handlers/transfer_written.hpp"

#include "core/error.hpp"
#include "finance/handlers/transaction_written.hpp"
#include "finance/month/facts_with_entry.hpp"
#include "finance/wire/refusals.hpp"
#include "http/conditional.hpp"

#include <utility>

namespace mita::finance {

leg_changes changes_of(const transfer* before, const transfer* after) {
    leg_changes out;
    if (before != nullptr) {
        out[0].before = &before->from;
        out[1].before = &before->to;
    }
    if (after != nullptr) {
        out[0].after = &after->from;
        out[1].after = &after->to;
    }
    return out;
}

std::optional<spend_effect> effect_of_changes(month_facts& f, const leg_changes& all, std::string_view blamed) {
    try {
        for (const auto& one : all) replace_entry(f, one.before, nullptr);
        for (const auto& one : all) replace_entry(f, nullptr, one.after);
        return effect_of(f, today_of(f.who));
    } catch (const api_error& e) {
        if (e.code != "amount_overflow" || !e.errors.empty()) throw;
    }
    throw amount_overflow(blamed);
}

std::optional<spend_effect> effect_if_any(month_facts& f, const leg_changes& all) {
    try {
        return effect_of_changes(f, all, {});
    } catch (const api_error& e) {
        if (e.code != "amount_overflow") throw;
    }
    return std::nullopt;
}

awaitable<void> require_room_for(app& a, const uuid& user, const loaded_month& now, const leg_changes& all, bool open,
                                 deadline d) {
    for (const auto& one : all) {
        if (one.after == nullptr) continue;
        for (const auto month : other_months(*one.after, now)) {
            const room_wanted room{*one.after, one.before, "/money/amount", now.facts.who.ledger_version, open};
            co_await require_room_in(a, user, month, room, d);
        }
    }
}

awaitable<void> keep_link(app& a, const uuid& user, month_facts& f, transaction& t, deadline d) {
    if (t.bill_id.empty()) co_return;
    const auto target = co_await a.ledger.find_target(user, t.bill_id, d);
    if (target)
        f.know_linked(t.bill_id, *target);
    else
        t.bill_id.clear();
}

http::response written(const transfer& t, const std::optional<spend_effect>& effect, std::string_view currency,
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
    auto answer = http::json(status, std::move(out.text));
    if (!t.deleted_at) http::with_etag(answer, tag_of(t));
    return answer;
}

}  // namespace mita::finance

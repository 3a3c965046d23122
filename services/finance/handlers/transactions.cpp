// GET, PATCH and DELETE of one transaction. Changes are guarded by the version they name (C2) and say what they do to
// the plan.
#include "core/error.hpp"
#include "finance/handlers/change_settled.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/handlers/judged_together.hpp"
#include "finance/handlers/transaction_written.hpp"
#include "finance/ledger/signed_store.hpp"
#include "finance/month/month_loader.hpp"
#include "finance/wire/fields.hpp"
#include "finance/wire/refusals.hpp"
#include "http/conditional.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

[[noreturn]] void not_found() { throw api_error(404, "not_found", "No such transaction."); }

std::string text_of(const transaction& t) {
    json_out out(t.currency, 1024);
    append(out, t);
    return std::move(out.text);
}

std::string_view blamed(const transaction& now, const transaction& before) {
    return now.booked_on != before.booked_on ? "/booked_on" : "/money/amount";
}

// A transaction as it is, and the month of today: what a change of it is judged by.
struct subject {
    loaded_month now;
    transaction entry;

    state_before version() const { return {now.facts.who.ledger_version, now.facts.who.budget_version}; }
};

// The month first: when something is written in between, the ledger's version tells.
awaitable<subject> read_subject(app& a, const http::request& req, const uuid& id) {
    const uuid user = req.who->user_id;
    auto now = co_await a.months.load(user, month_request(), req.until);
    auto found = co_await a.ledger.find(user, id, req.until);
    if (!found || found->deleted_at) not_found();
    http::require_if_match(req, tag_of(*found));
    co_return subject{std::move(now), std::move(*found)};
}

// Whom the payee means that a patch names, if it does.
awaitable<payees_meant> payee_of(app& a, const uuid& user, std::string_view body, deadline d) {
    std::vector<std::string> words;
    auto word = payee_named(json_document(body).value());
    if (word) words.push_back(std::move(*word));
    auto meant = co_await a.payees.meant(user, words, d);
    co_return meant;
}

// Outside the coroutine: what is large stays off its frame.
transaction changed(std::string_view body, const subject& s, payees_meant payees) {
    json_document doc(body);
    auto rules = rules_of(s.now.facts);
    rules.payees = &payees;
    return read_transaction_patch(doc, s.entry, rules);
}

// Of a change that is never refused for what it does to sums: they may be beyond the range already. nullopt: then.
std::optional<spend_effect> effect_if_any(month_facts& f, const transaction* before, const transaction* after) {
    try {
        return effect_of_change(f, before, after, {});
    } catch (const api_error& e) {
        if (e.code != "amount_overflow") throw;
    }
    return std::nullopt;
}

awaitable<std::optional<http::response>> try_patch(app& a, http::request& req, const uuid& user, const uuid& id) {
    auto s = co_await read_subject(a, req, id);
    const auto& before = s.entry;
    if (s.now.facts.accounts.find(before.account_id) == nullptr) co_return std::nullopt;  // it came after the facts
    auto payees = co_await payee_of(a, user, req.body, req.until);
    const auto t = changed(req.body, s, std::move(payees));
    const auto from = s.version();
    const bool moves = moves_money(t, before);
    const bool linked = !t.bill_id.empty() && (t.bill_id != before.bill_id || moves);
    if (linked) {
        const auto target = co_await a.ledger.find_target(user, t.bill_id, req.until);
        judge_link(s.now.facts, t, target);
    }
    std::optional<spend_effect> effect;
    if (linked || moves) {
        for (const auto month : other_months(t, s.now)) {
            const room_wanted room{t, &before, blamed(t, before), *from.ledger_version, false};
            co_await require_room_in(a, user, month, room, req.until);
        }
        effect = effect_of_change(s.now.facts, &before, &t, blamed(t, before));
    } else {
        effect = effect_if_any(s.now.facts, &before, &t);
    }
    signed_store mine(a.db, writer(*req.who));
    const bool done = co_await mine.change(user, t, from, req.until);
    if (!done) co_return std::nullopt;
    auto answer = written(t, effect, s.now.facts.who.currency, 200);
    http::with_etag(answer, tag_of(t));
    co_return answer;
}

transaction deleted(const transaction& t) {
    auto out = t;
    out.deleted_at = out.updated_at = wall::now();
    ++out.version;
    return out;
}

awaitable<std::optional<http::response>> try_delete(app& a, http::request& req, const uuid& user, const uuid& id) {
    auto s = co_await read_subject(a, req, id);
    refuse_leg(s.entry);
    const auto from = s.version();
    const auto gone = deleted(s.entry);
    const auto effect = effect_if_any(s.now.facts, &s.entry, nullptr);
    signed_store mine(a.db, writer(*req.who));
    const bool done = co_await mine.change(user, gone, from, req.until);
    if (!done) co_return std::nullopt;
    co_return written(gone, effect, s.now.facts.who.currency, 200);
}

}  // namespace

awaitable<http::response> read_transaction(http::request& req, app& a) {
    http::refuse_query(req);
    const auto id = parse_path_id(req.params[0]);
    const auto found = co_await a.ledger.find(req.who->user_id, id, req.until);
    if (!found || found->deleted_at) not_found();
    co_return http::json_with_etag(req, text_of(*found), tag_of(*found));
}

awaitable<http::response> patch_transaction(http::request& req, app& a) { return change_one(req, a, try_patch); }

awaitable<http::response> delete_transaction(http::request& req, app& a) { return change_one(req, a, try_delete); }

}  // namespace mita::finance

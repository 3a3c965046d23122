// POST /v1/transactions and :restore: keyed, answered once, written with their effect in one statement.
#include "core/error.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/handlers/known_month.hpp"
#include "finance/handlers/transaction_written.hpp"
#include "finance/handlers/write_keyed.hpp"
#include "finance/ledger/signed_store.hpp"
#include "finance/month/month_loader.hpp"
#include "finance/wire/fields.hpp"
#include "finance/wire/refusals.hpp"
#include "http/conditional.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

// A transaction as it would be, and the month of today with it.
struct draft {
    transaction entry;
    std::shared_ptr<loaded_month> now;
    http::response answer;
};

http::response created(const transaction& t, const std::optional<spend_effect>& effect, std::string_view currency) {
    auto answer = written(t, effect, currency, 201);
    http::with_etag(answer, tag_of(t));
    http::with_header(answer, "Location", "/v1/transactions/" + t.id.str());
    return answer;
}

// Outside the coroutine: what is large stays off its frame. The entry is added to `got`: that is the one copy there is.
draft draft_of(json_document& body, std::shared_ptr<loaded_month> got, payees_meant payees) {
    draft out;
    auto rules = rules_of(got->facts);
    rules.payees = &payees;
    out.entry = read_new_transaction(body, rules);
    out.now = std::move(got);
    return out;
}

void judge(draft& made) {
    const auto effect = effect_of_change(made.now->facts, nullptr, &made.entry, "/money/amount");
    made.answer = created(made.entry, effect, made.now->facts.who.currency);
}

// The payee whose usual category is taken; else the write finds it. What it is by now the write's versions tell.
awaitable<payees_meant> payee_needed(app& a, const uuid& user, const json_document& body, deadline d) {
    std::vector<std::string> words;
    auto word = payee_named(body.value());
    if (word && names_no_category(body.value())) words.push_back(std::move(*word));
    auto meant = co_await a.payees.meant(user, words, d);
    co_return meant;
}

awaitable<keyed_try> write_draft(app& a, const http::request& req, draft made, const keyed_request* key) {
    const uuid user = req.who->user_id;
    if (!made.entry.bill_id.empty()) {
        co_await check_linked(a, user, made.now->facts, made.entry, req.until);
    }
    judge(made);
    const auto& who = made.now->facts.who;
    for (const auto month : other_months(made.entry, *made.now)) {
        const room_wanted room{made.entry, nullptr, "/money/amount", who.ledger_version, true};
        co_await require_room_in(a, user, month, room, req.until);
    }
    const state_before from{who.ledger_version, who.budget_version};
    keyed_try out;
    out.answer = std::move(made.answer);
    const keyed_answer answer{key, out.answer, made.entry.created_at};
    signed_store mine(a.db, writer(*req.who));
    out.came = co_await mine.create(user, made.entry, from, answer, out.answer, req.until);
    if (out.came.how == write_outcome::kind::written) remember(a, user, std::move(made.now));
    co_return out;
}

// By what this process remembers; nullopt: nothing, or what may be out of date refused it or was.
awaitable<std::optional<keyed_try>> try_remembered(app& a, const http::request& req, json_document& body,
                                                   const keyed_request* key) {
    const uuid user = req.who->user_id;
    const auto known = remembered(a, user);
    if (!known) co_return std::nullopt;
    try {
        auto payees = co_await payee_needed(a, user, body, req.until);
        auto made = draft_of(body, std::make_shared<loaded_month>(*known), std::move(payees));
        auto done = co_await write_draft(a, req, std::move(made), key);
        if (done.came.how != write_outcome::kind::moved) {
            was_right(a, user, true);
            co_return done;
        }
    } catch (const api_error&) {  // the reading below says it with certainty
    }
    was_right(a, user, false);
    body.start_over();
    co_return std::nullopt;
}

awaitable<keyed_try> try_create(app& a, const http::request& req, json_document& body, const keyed_request* key,
                                int n) {
    const uuid user = req.who->user_id;
    if (n == 0) {
        auto done = co_await try_remembered(a, req, body, key);
        if (done) co_return std::move(*done);
    }
    auto read = co_await a.months.load(user, month_request(), req.until);
    auto payees = co_await payee_needed(a, user, body, req.until);
    auto made = draft_of(body, std::make_shared<loaded_month>(std::move(read)), std::move(payees));
    auto done = co_await write_draft(a, req, std::move(made), key);
    co_return done;
}

// Back among the living, as version after the one it has.
transaction living(const transaction& t) {
    auto out = t;
    out.deleted_at.reset();
    out.updated_at = wall::now();
    ++out.version;
    return out;
}

http::response restored(const transaction& t, const std::optional<spend_effect>& effect, std::string_view currency) {
    auto answer = written(t, effect, currency, 200);
    http::with_etag(answer, tag_of(t));
    return answer;
}

awaitable<keyed_try> try_restore(app& a, const http::request& req, json_document& body, const keyed_request* key) {
    const uuid user = req.who->user_id;
    const auto id = parse_path_id(req.params[0]);
    refuse_members(body);
    auto got = co_await a.months.load(user, month_request(), req.until);
    const auto found = co_await a.ledger.find(user, id, req.until);
    if (!found) throw api_error(404, "not_found", "No such transaction.");
    refuse_leg(*found);
    const auto who = got.facts.who;
    keyed_try out;
    if (!found->deleted_at) {
        const auto effect = effect_of_change(got.facts, nullptr, nullptr, {});
        out.answer = restored(*found, effect, who.currency);
        const keyed_answer answer{key, out.answer, wall::now()};
        out.came = co_await a.kept_answers.keep(user, answer, req.until);
        co_return out;
    }
    const auto* there = got.facts.accounts.find(found->account_id);
    if (there == nullptr) co_return out;  // it came after the facts: read again
    if (there->currency != found->currency)
        throw api_error(422, "currency_mismatch",
                        "It is in " + found->currency + ", and its account is in " + there->currency + " by now.");
    const auto t = living(*found);
    if (!t.bill_id.empty()) {
        const auto target = co_await a.ledger.find_target(user, t.bill_id, req.until);
        if (target) got.facts.know_linked(t.bill_id, *target);
    }
    for (const auto month : other_months(t, got)) {
        const room_wanted room{t, nullptr, {}, who.ledger_version, false};
        co_await require_room_in(a, user, month, room, req.until);
    }
    const auto effect = effect_of_change(got.facts, nullptr, &t, {});
    out.answer = restored(t, effect, who.currency);
    const keyed_answer answer{key, out.answer, t.updated_at};
    signed_store mine(a.db, writer(*req.who));
    const state_before from{who.ledger_version, who.budget_version};
    out.came = co_await mine.change_many(user, std::span(&t, 1), from, answer, std::nullopt, req.until);
    co_return out;
}

}  // namespace

awaitable<http::response> create_transaction(http::request& req, app& a) {
    http::refuse_query(req);
    const auto attempt = [&](json_document& body, const keyed_request* key, int n) {
        return try_create(a, req, body, key, n);
    };
    auto answer = co_await write_once(a.way(), req, keyed_form(), attempt);
    co_return answer;
}

awaitable<http::response> restore_transaction(http::request& req, app& a) {
    auto answer = co_await write_keyed(req, a, try_restore, without_body);
    if (is_replay(answer)) {
        const auto now = co_await a.ledger.find(req.who->user_id, parse_path_id(req.params[0]), req.until);
        if (!now) throw api_error(404, "not_found", "No such transaction.");
        refuse_if_deleted_since("transaction", now->deleted_at);
    }
    co_return answer;
}

}  // namespace mita::finance

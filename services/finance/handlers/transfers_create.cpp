// POST /v1/transfers, :restore, :pair and :unpair: keyed, answered once, written with their effect in one statement.
#include "core/error.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/handlers/known_month.hpp"
#include "finance/handlers/transaction_written.hpp"
#include "finance/handlers/transfer_written.hpp"
#include "finance/handlers/write_keyed.hpp"
#include "finance/transfers/pairing.hpp"
#include "finance/transfers/transfer_body.hpp"
#include "finance/wire/fields.hpp"
#include "http/conditional.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace mita::finance {

namespace {

// A transfer as it would be, and the month of today with it.
struct draft {
    transfer entry;
    std::shared_ptr<loaded_month> now;
    leg_changes changes() const { return changes_of(nullptr, &entry); }
};

http::response created(const transfer& t, const std::optional<spend_effect>& effect, std::string_view currency) {
    auto answer = written(t, effect, currency, 201);
    http::with_header(answer, "Location", "/v1/transfers/" + t.id.str());
    return answer;
}

state_before version_of(const loaded_month& m) { return {m.facts.who.ledger_version, m.facts.who.budget_version}; }

// Outside the coroutine: what is large stays off its frame.
draft draft_of(json_document& body, std::shared_ptr<loaded_month> got) {
    return {read_new_transfer(body, rules_of(got->facts)), std::move(got)};
}

awaitable<keyed_try> write_draft(app& a, const http::request& req, draft made, const keyed_request* key) {
    const uuid user = req.who->user_id;
    const auto from = version_of(*made.now);
    const auto all = made.changes();
    co_await require_room_for(a, user, *made.now, all, true, req.until);
    const auto effect = effect_of_changes(made.now->facts, all, "/money/amount");
    keyed_try out;
    out.answer = created(made.entry, effect, made.now->facts.who.currency);
    const keyed_answer answer{key, out.answer, made.entry.created_at};
    out.came = co_await a.transfers.create(user, made.entry, from, answer, writer(*req.who), req.until);
    if (out.came.how == write_outcome::kind::written) remember(a, user, std::move(made.now));
    co_return out;
}

// By what this process remembers; nullopt: nothing, or what may be out of date refused it or was.
awaitable<std::optional<keyed_try>> try_remembered(app& a, const http::request& req, json_document& body,
                                                   const keyed_request* key) {
    const auto known = remembered(a, req.who->user_id);
    if (!known) co_return std::nullopt;
    try {
        auto made = draft_of(body, std::make_shared<loaded_month>(*known));
        auto done = co_await write_draft(a, req, std::move(made), key);
        if (done.came.how != write_outcome::kind::moved) {
            was_right(a, req.who->user_id, true);
            co_return done;
        }
    } catch (const api_error&) {  // the reading below says it with certainty
    }
    was_right(a, req.who->user_id, false);
    body.start_over();
    co_return std::nullopt;
}

awaitable<keyed_try> try_create(app& a, const http::request& req, json_document& body, const keyed_request* key,
                                int n) {
    if (n == 0) {
        auto done = co_await try_remembered(a, req, body, key);
        if (done) co_return std::move(*done);
    }
    auto read = co_await a.months.load(req.who->user_id, month_request(), req.until);
    auto made = draft_of(body, std::make_shared<loaded_month>(std::move(read)));
    auto done = co_await write_draft(a, req, std::move(made), key);
    co_return done;
}

// Did an account of theirs come after the facts?
bool complete(const loaded_month& now, const transaction& one, const transaction& other) {
    const auto& known = now.facts.accounts;
    return known.find(one.account_id) != nullptr && known.find(other.account_id) != nullptr;
}

awaitable<keyed_try> try_pair(app& a, const http::request& req, json_document& body, const keyed_request* key) {
    const uuid user = req.who->user_id;
    const auto what = read_pairing(body);
    auto got = co_await a.months.load(user, month_request(), req.until);
    const auto one = co_await a.ledger.find(user, what.of[0], req.until);
    const auto other = co_await a.ledger.find(user, what.of[1], req.until);
    keyed_try out;
    if (one && other && !complete(got, *one, *other)) co_return out;  // read again
    const auto t = paired(what, {one ? &*one : nullptr, other ? &*other : nullptr}, rules_of(got.facts));
    const auto from = version_of(got);
    const bool in_order = one->id == t.from.id;
    const leg_changes all{{{in_order ? &*one : &*other, &t.from}, {in_order ? &*other : &*one, &t.to}}};
    const auto effect = effect_if_any(got.facts, all);
    out.answer = created(t, effect, got.facts.who.currency);
    const keyed_answer answer{key, out.answer, t.created_at};
    out.came = co_await a.transfers.create(user, t, from, answer, writer(*req.who), req.until);
    co_return out;
}

http::response parted(const std::pair<transaction, transaction>& legs, const std::optional<spend_effect>& effect,
                      std::string_view currency) {
    json_out out(currency, 2048);
    out.open('{').key("transactions").open('[');
    append(out, legs.first);
    append(out, legs.second);
    out.close(']');
    if (effect) {
        out.key("effect");
        append(out, *effect);
    } else {
        out.null("effect");
    }
    out.close('}');
    return http::json(200, std::move(out.text));
}

awaitable<keyed_try> try_unpair(app& a, const http::request& req, json_document& body, const keyed_request* key) {
    const uuid user = req.who->user_id;
    const auto id = parse_path_id(req.params[0]);
    refuse_members(body);
    auto got = co_await a.months.load(user, month_request(), req.until);
    const auto t = co_await a.transfers.find(user, id, req.until);
    if (!t || t->deleted_at) throw api_error(404, "not_found", "No such transfer.");
    if (!t->paired) throw api_error(409, "not_paired", "It was never two transactions: delete it instead.");
    keyed_try out;
    if (!complete(got, t->from, t->to)) co_return out;
    auto legs = unpaired(*t, rules_of(got.facts));
    co_await keep_link(a, user, got.facts, legs.first, req.until);
    co_await keep_link(a, user, got.facts, legs.second, req.until);
    const auto from = version_of(got);
    const leg_changes all{{{&t->from, &legs.first}, {&t->to, &legs.second}}};
    co_await require_room_for(a, user, got, all, false, req.until);
    const auto effect = effect_of_changes(got.facts, all, {});
    out.answer = parted(legs, effect, got.facts.who.currency);
    const keyed_answer answer{key, out.answer, legs.first.updated_at};
    out.came = co_await a.transfers.part(user, id, legs, from, answer, writer(*req.who), req.until);
    co_return out;
}

transfer living(const transfer& t) {
    auto out = t;
    out.deleted_at.reset();
    out.updated_at = wall::now();
    ++out.version;
    for (auto* leg : {&out.from, &out.to}) {
        leg->deleted_at.reset();
        leg->updated_at = out.updated_at;
        ++leg->version;
    }
    return out;
}

void require_currency(const month_facts& f, const transaction& leg) {
    const auto* there = f.accounts.find(leg.account_id);
    if (there->currency != leg.currency)
        throw api_error(422, "currency_mismatch",
                        "It is in " + leg.currency + ", and its account is in " + there->currency + " by now.");
}

awaitable<keyed_try> try_restore(app& a, const http::request& req, json_document& body, const keyed_request* key) {
    const uuid user = req.who->user_id;
    const auto id = parse_path_id(req.params[0]);
    refuse_members(body);
    auto got = co_await a.months.load(user, month_request(), req.until);
    const auto found = co_await a.transfers.find(user, id, req.until);
    if (!found) throw api_error(404, "not_found", "No such transfer.");
    keyed_try out;
    if (!complete(got, found->from, found->to)) co_return out;
    const auto from = version_of(got);
    if (!found->deleted_at) {
        const auto effect = effect_of_changes(got.facts, {}, {});
        out.answer = written(*found, effect, got.facts.who.currency, 200);
        const keyed_answer answer{key, out.answer, wall::now()};
        out.came = co_await a.kept_answers.keep(user, answer, req.until);
        co_return out;
    }
    require_currency(got.facts, found->from);
    require_currency(got.facts, found->to);
    auto t = living(*found);
    co_await keep_link(a, user, got.facts, t.from, req.until);
    co_await keep_link(a, user, got.facts, t.to, req.until);
    const auto all = changes_of(nullptr, &t);
    co_await require_room_for(a, user, got, all, false, req.until);
    const auto effect = effect_of_changes(got.facts, all, {});
    out.answer = written(t, effect, got.facts.who.currency, 200);
    const keyed_answer answer{key, out.answer, t.updated_at};
    out.came = co_await a.transfers.change(user, t, from, answer, writer(*req.who), req.until);
    co_return out;
}

}  // namespace

awaitable<http::response> create_transfer(http::request& req, app& a) {
    http::refuse_query(req);
    const auto attempt = [&](json_document& body, const keyed_request* key, int n) {
        return try_create(a, req, body, key, n);
    };
    auto answer = co_await write_once(a.way(), req, keyed_form(), attempt);
    co_return answer;
}

awaitable<http::response> pair_transfer(http::request& req, app& a) { return write_keyed(req, a, try_pair); }

awaitable<http::response> unpair_transfer(http::request& req, app& a) {
    return write_keyed(req, a, try_unpair, without_body);
}

awaitable<http::response> restore_transfer(http::request& req, app& a) {
    auto answer = co_await write_keyed(req, a, try_restore, without_body);
    if (is_replay(answer)) {
        const auto now = co_await a.transfers.find(req.who->user_id, parse_path_id(req.params[0]), req.until);
        if (!now) throw api_error(404, "not_found", "No such transfer.");
        refuse_if_deleted_since("transfer", now->deleted_at);
    }
    co_return answer;
}

}  // namespace mita::finance

// GET /v1/transactions/{id}/history, POST …:revert and POST /v1/changes/{id}:undo: what a transaction was, and being
// that again. A write as every other: judged by what is there now, itself a version, and an undo an act that can be
// undone.
#include "core/error.hpp"
#include "finance/handlers/judged_together.hpp"
#include "finance/handlers/transaction_written.hpp"
#include "finance/handlers/version_handlers.hpp"
#include "finance/ledger/signed_store.hpp"
#include "finance/ledger/version_store.hpp"
#include "finance/month/month_loader.hpp"
#include "finance/once/write_once.hpp"
#include "finance/payees/payee_word.hpp"
#include "finance/wire/fields.hpp"
#include "finance/wire/refusals.hpp"
#include "http/conditional.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

constexpr std::size_t judged_at_once = 50;
constexpr std::size_t most_findings = 100;

[[noreturn]] void not_found(const char* what) { throw api_error(404, "not_found", what); }

// One that is to be as it was.
struct step {
    transaction before, after;

    const transaction* live_before() const { return before.deleted_at ? nullptr : &before; }
    const transaction* live_after() const { return after.deleted_at ? nullptr : &after; }
};

// `now` with what `then` had.
transaction back_to(const transaction& now, const transaction& then, const entry_rules& rules) {
    auto out = then;
    out.version = now.version + 1;
    out.updated_at = rules.now;
    if (out.deleted_at) out.deleted_at = rules.now;
    if (out.payee == now.payee) out.payee_id = now.payee_id;
    return out;
}

transaction gone(const transaction& now, const entry_rules& rules) {
    auto out = now;
    out.version = now.version + 1;
    out.updated_at = rules.now;
    out.deleted_at = rules.now;
    return out;
}

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
    if (!t.counts && !t.bill_id.empty())
        refuse({}, "off_budget", "What is booked in an account off budget pays no bill.");
}

bool links_anew(const step& s) {
    const auto& t = s.after;
    if (t.bill_id.empty()) return false;
    return s.before.deleted_at.has_value() || t.bill_id != s.before.bill_id || moves_money(t, s.before);
}

// false: of another state by now.
awaitable<bool> judge(app& a, const uuid& user, judged_together& j, step& s, deadline d) {
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

// -- history
std::string history_json(const std::vector<transaction_version>& versions) {
    json_out out({}, 64 + versions.size() * 640);
    out.open('{').key("data").open('[');
    for (const auto& v : versions) {
        out.open('{').field("version", v.entry.version).field("written_at", wall::format(v.entry.updated_at));
        if (v.session || v.client) {
            out.key("by").open('{');
            if (v.session)
                out.field("session_id", v.session->str());
            else
                out.null("session_id");
            if (v.client)
                out.field("client_id", *v.client);
            else
                out.null("client_id");
            out.close('}');
        } else {
            out.null("by");
        }
        out.field("deleted", v.entry.deleted_at.has_value()).key("transaction");
        append(out, v.entry);
        out.close('}');
    }
    out.close(']').close('}');
    return std::move(out.text);
}

// -- revert
std::int64_t version_in(json_document& body) {
    auto in = body.object();
    const auto version = in.integer("version", 1, std::numeric_limits<std::int64_t>::max());
    finish_body(body);
    return version;
}

std::unique_ptr<judged_together> begin(loaded_month now) { return std::make_unique<judged_together>(std::move(now)); }

awaitable<keyed_try> try_revert(app& a, const http::request& req, const uuid& id, json_document& body,
                                const keyed_request* key) {
    const uuid user = req.who->user_id;
    const deadline d = req.until;
    const auto wanted = version_in(body);
    auto read = co_await a.months.load(user, month_request(), d);
    const auto j = begin(std::move(read));
    const auto now = co_await a.ledger.find(user, id, d);
    if (!now || now->deleted_at) not_found("No such transaction.");
    http::require_if_match(req, tag_of(*now));
    const std::vector<uuid> ids{id};
    const std::vector<std::int64_t> which{wanted};
    version_store versions(a.db);
    auto then = co_await versions.former(user, ids, which, d);
    if (wanted == now->version) then.assign(1, *now);
    if (then.empty()) refuse("/version", "unknown_version", "This version is not kept, or never was.");
    if (then.front().deleted_at) refuse("/version", "unknown_version", "In this version it was deleted.");
    const auto rules = rules_of(j->now.facts);
    step s{*now, back_to(*now, then.front(), rules)};
    if (s.after.payee != now->payee && s.after.payee_id) {
        const std::vector<std::string> word{payee_word_of(*s.after.payee)};
        const auto meant = co_await a.payees.meant(user, word, d);
        s.after.payee_id = meant.empty() ? new_uuid() : meant.begin()->second.id;
    }
    bool same = true;
    try {
        same = co_await judge(a, user, *j, s, d);
    } catch (const api_error& e) {
        throw api_error(e.status, e.code, e.what(), {{"/version", e.code, e.what()}});
    }
    keyed_try out;
    if (!same) co_return out;
    const auto effect = effect_of_all(*j, moves_money(s.after, s.before));
    out.answer = written(s.after, effect, j->now.facts.who.currency, 200);
    http::with_etag(out.answer, tag_of(s.after));
    const keyed_answer answer{key, out.answer, rules.now};
    const std::vector<transaction> to{std::move(s.after)};
    signed_store mine(a.db, writer(*req.who));
    out.came = co_await mine.change_many(user, to, j->from(), answer, std::nullopt, d);
    if (out.came.how == write_outcome::kind::written) a.all.forget(user);
    co_return out;
}

// -- undo
const transaction* one_of(const std::vector<transaction>& by_id, const uuid& id) {
    const auto found = std::ranges::lower_bound(by_id, id, {}, &transaction::id);
    return found != by_id.end() && found->id == id ? &*found : nullptr;
}

// Do both show the same? Whatever happened in between was undone, then.
bool same_content(const transaction& a, const transaction& b) {
    if (a.deleted_at.has_value() != b.deleted_at.has_value() || a.counts != b.counts) return false;
    auto like = b;
    like.updated_at = a.updated_at;
    json_out one(a.currency), other(b.currency);
    append(one, a);
    append(other, like);
    return one.text == other.text;
}

// What an act is undone by: its transactions as they are, as it made them, and as they were before.
struct known_act {
    transaction_act act;
    std::vector<transaction> now, made, then;

    // nullptr: not kept any more.
    const transaction* made_of(std::size_t n) const {
        const auto* is = one_of(now, act.entries[n]);
        return is != nullptr && is->version == act.versions[n] ? is : one_of(made, act.entries[n]);
    }
};

// Each as it was before the act made a version of it. Throws api_error 409 changed_since, naming those that are not
// what it made of them.
std::vector<step> steps_of(const known_act& k, const entry_rules& rules) {
    std::vector<step> out;
    std::vector<field_error> others;
    for (std::size_t n = 0; n < k.act.entries.size(); ++n) {
        const auto* is = one_of(k.now, k.act.entries[n]);
        const auto* made = k.made_of(n);
        const auto* was = one_of(k.then, k.act.entries[n]);
        const bool whole = is != nullptr && made != nullptr && (was != nullptr) == (k.act.versions[n] > 1);
        if (whole && same_content(*is, *made))
            out.push_back({*is, was != nullptr ? back_to(*is, *was, rules) : gone(*is, rules)});
        else if (others.size() < most_findings)
            others.push_back({"/transactions/" + k.act.entries[n].str(), "changed_since", "It was changed since."});
    }
    if (!others.empty())
        throw api_error(409, "changed_since", "Some of its transactions were changed since: nothing is undone.",
                        std::move(others));
    return out;
}

std::vector<std::int64_t> ones_before(std::vector<std::int64_t> versions) {
    for (auto& v : versions) --v;
    return versions;
}

awaitable<std::unique_ptr<known_act>> read_act(app& a, const uuid& user, const uuid& id, deadline d) {
    version_store versions(a.db);
    signed_store entries(a.db, writer());
    auto act = co_await versions.act(user, id, d);
    if (!act) not_found("No such change, or it is too old to be undone.");
    auto out = std::make_unique<known_act>();
    out->act = std::move(*act);
    out->now = co_await entries.find(user, out->act.entries, d);
    out->made = co_await versions.former(user, out->act.entries, out->act.versions, d);
    out->then = co_await versions.former(user, out->act.entries, ones_before(out->act.versions), d);
    co_return out;
}

awaitable<bool> judge_all(app& a, const uuid& user, judged_together& j, std::vector<step>& steps, deadline d) {
    std::vector<field_error> findings;
    for (std::size_t n = 0; n < steps.size(); ++n) {
        bool same = true;
        if (n % judged_at_once == judged_at_once - 1) {
            co_await let_others(a);
        }
        try {
            same = co_await judge(a, user, j, steps[n], d);
        } catch (const api_error& e) {
            if (findings.size() < most_findings)
                findings.push_back({"/transactions/" + steps[n].before.id.str(), e.code, e.what()});
        }
        if (!same) co_return false;
    }
    if (!findings.empty())
        throw api_error(422, "validation_failed",
                        "Some of its transactions cannot be what they were: nothing is undone.", std::move(findings));
    co_return true;
}

http::response undone(judged_together& j, const std::vector<step>& steps, const uuid& act) {
    const auto effect = effect_of_all(j, true);
    json_out out(j.now.facts.who.currency, 1024);
    out.open('{').field("undone", static_cast<std::int64_t>(steps.size()));
    append_change_id(out, act);
    append_effect(out, effect);
    out.close('}');
    return http::json(200, std::move(out.text));
}

awaitable<keyed_try> try_undo(app& a, const http::request& req, const uuid& id, json_document& body,
                              const keyed_request* key) {
    const uuid user = req.who->user_id;
    const deadline d = req.until;
    body.object();
    body.finish();
    auto read = co_await a.months.load(user, month_request(), d);
    const auto j = begin(std::move(read));
    const auto known = co_await read_act(a, user, id, d);
    const auto rules = rules_of(j->now.facts);
    auto steps = steps_of(*known, rules);
    keyed_try out;
    const bool same = co_await judge_all(a, user, *j, steps, d);
    if (!same) co_return out;
    const auto act = new_uuid();
    out.answer = undone(*j, steps, act);
    std::vector<transaction> to;
    for (auto& s : steps) to.push_back(std::move(s.after));
    const keyed_answer answer{key, out.answer, rules.now};
    signed_store mine(a.db, writer(*req.who));
    out.came = co_await mine.change_many(user, to, j->from(), answer, act, d);
    if (out.came.how == write_outcome::kind::written) a.all.forget(user);
    co_return out;
}

}  // namespace

awaitable<http::response> transaction_history(http::request& req, app& a) {
    http::refuse_query(req);
    const auto id = parse_path_id(req.params[0]);
    version_store versions(a.db);
    const auto all = co_await versions.history(req.who->user_id, id, req.until);
    if (all.empty()) not_found("No such transaction.");
    co_return http::json_with_etag(req, history_json(all), tag_of(all.front().entry));
}

awaitable<http::response> revert_transaction(http::request& req, app& a) {
    http::refuse_query(req);
    const auto id = parse_path_id(req.params[0]);
    const auto attempt = [&](json_document& body, const keyed_request* key, int) {
        return try_revert(a, req, id, body, key);
    };
    auto answer = co_await write_once(a.way(), req, keyed_form(), attempt);
    co_return answer;
}

awaitable<http::response> undo_change(http::request& req, app& a) {
    http::refuse_query(req);
    const auto id = parse_path_id(req.params[0]);
    const auto attempt = [&](json_document& body, const keyed_request* key, int) {
        return try_undo(a, req, id, body, key);
    };
    keyed_form form;
    form.body_required = false;
    auto answer = co_await write_once(a.way(), req, form, attempt);
    co_return answer;
}

}  // namespace mita::finance

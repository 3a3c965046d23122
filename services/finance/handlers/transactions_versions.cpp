// GET /v1/transactions/{id}/history and POST …:revert: what a transaction was, and being that again. A write as every
// other: judged by what is there now, itself a version.
#include "core/error.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/handlers/put_back.hpp"
#include "finance/handlers/transaction_written.hpp"
#include "finance/handlers/write_keyed.hpp"
#include "finance/ledger/signed_store.hpp"
#include "finance/ledger/version_store.hpp"
#include "finance/month/month_loader.hpp"
#include "finance/payees/payee_word.hpp"
#include "finance/wire/fields.hpp"
#include "finance/wire/refusals.hpp"
#include "http/conditional.hpp"

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

[[noreturn]] void not_found() { throw api_error(404, "not_found", "No such transaction."); }

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

std::int64_t version_in(json_document& body) {
    auto in = body.object();
    const auto version = in.integer("version", 1, std::numeric_limits<std::int64_t>::max());
    finish_body(body);
    return version;
}

awaitable<keyed_try> try_revert(app& a, const http::request& req, json_document& body, const keyed_request* key) {
    const uuid user = req.who->user_id;
    const auto id = parse_path_id(req.params[0]);
    const deadline d = req.until;
    const auto wanted = version_in(body);
    auto read = co_await a.months.load(user, month_request(), d);
    const auto j = std::make_unique<judged_together>(std::move(read));
    const auto now = co_await a.ledger.find(user, id, d);
    if (!now || now->deleted_at) not_found();
    http::require_if_match(req, tag_of(*now));
    const std::vector<uuid> ids{id};
    const std::vector<std::int64_t> which{wanted};
    version_store versions(a.db);
    auto then = co_await versions.former(user, ids, which, d);
    if (wanted == now->version) then.assign(1, *now);
    if (then.empty()) refuse("/version", "unknown_version", "This version is not kept, or never was.");
    if (then.front().deleted_at) refuse("/version", "unknown_version", "In this version it was deleted.");
    const auto rules = rules_of(j->now.facts);
    step_back s{*now, back_to(*now, then.front(), rules)};
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
    co_return out;
}

}  // namespace

awaitable<http::response> transaction_history(http::request& req, app& a) {
    http::refuse_query(req);
    const auto id = parse_path_id(req.params[0]);
    version_store versions(a.db);
    const auto all = co_await versions.history(req.who->user_id, id, req.until);
    if (all.empty()) not_found();
    co_return http::json_with_etag(req, history_json(all), tag_of(all.front().entry));
}

awaitable<http::response> revert_transaction(http::request& req, app& a) { return write_keyed(req, a, try_revert); }

}  // namespace mita::finance

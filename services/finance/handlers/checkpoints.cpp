// /v1/accounts/{id}/checkpoints: what the bank said, and since when what is booked says another thing.
#include "core/error.hpp"
#include "finance/checkpoints/checkpoint_body.hpp"
#include "finance/handlers/change_settled.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/handlers/known_checkpoints.hpp"
#include "finance/handlers/write_keyed.hpp"
#include "finance/wire/fields.hpp"
#include "http/conditional.hpp"
#include "http/page.hpp"

#include <optional>
#include <span>
#include <string>
#include <utility>

namespace mita::finance {

namespace {

std::string text_of(const checkpoint& c) {
    json_out out;
    append(out, c);
    return std::move(out.text);
}

std::string list_of(const http::page<checked_balance>& page) {
    json_out out({}, 4096);
    out.open('{').key("data").open('[');
    for (const auto& c : page.items) append(out, c);
    return out.end_list(page.next);
}

http::response created(const checkpoint& c) {
    auto answer = http::json(201, text_of(c));
    http::with_etag(answer, tag_of(c));
    http::with_header(answer, "Location", "/v1/accounts/" + c.account_id.str() + "/checkpoints/" + c.id.str());
    return answer;
}

checkpoint_rules rules_of(const known_checkpoints& known, const uuid& account) {
    return {account, *known.currency, wall::now(), known.all};
}

awaitable<keyed_try> try_create(app& a, const http::request& req, json_document& body, const keyed_request* key) {
    const uuid user = req.who->user_id;
    const auto account = parse_path_id(req.params[0]);
    const auto known = co_await checkpoints_of(a, user, account, req.until);
    const auto made = read_new_checkpoint(body, rules_of(known, account));
    keyed_try out;
    out.answer = created(made);
    const keyed_answer answer{key, out.answer, made.created_at};
    out.came = co_await a.checkpoints.insert(user, made, known.version, answer, req.until);
    co_return out;
}

// What it cleared would be nobody's.
void refuse_reconciled(const checkpoint& c) {
    if (c.reconciled_at)
        throw api_error(409, "reconciled",
                        "It was reconciled at " + wall::format(*c.reconciled_at) + ": take that back first.");
}

awaitable<std::optional<http::response>> try_patch(app& a, http::request& req, const named_checkpoint& which) {
    const auto known = co_await checkpoints_of(a, which.user, which.account, req.until);
    const auto& before = checkpoint_or_404(known, which.id).what;
    http::require_if_match(req, tag_of(before));
    refuse_reconciled(before);
    const auto now = read_checkpoint_patch(req.body, before, rules_of(known, which.account));
    const bool done = co_await a.checkpoints.change(which.user, now, known.version, req.until);
    if (!done) co_return std::nullopt;
    auto answer = http::json(200, text_of(now));
    http::with_etag(answer, tag_of(now));
    co_return answer;
}

awaitable<std::optional<http::response>> try_delete(app& a, http::request& req, const named_checkpoint& which) {
    const auto known = co_await checkpoints_of(a, which.user, which.account, req.until);
    const auto& gone = checkpoint_or_404(known, which.id).what;
    http::require_if_match(req, tag_of(gone));
    refuse_reconciled(gone);
    const bool done = co_await a.checkpoints.remove(which.user, which.id, known.version, req.until);
    if (!done) co_return std::nullopt;
    co_return http::empty(204);
}

}  // namespace

awaitable<http::response> list_checkpoints(http::request& req, app& a) {
    const uuid user = req.who->user_id;
    const http::pager pages(req, a.all.cursors, user);
    const auto account = parse_path_id(req.params[0]);
    const auto known = co_await checkpoints_of(a, user, account, req.until);
    const auto tag =
        "k" + std::to_string(*known.version.ledger_version) + "." + std::to_string(*known.version.budget_version);
    auto same = http::not_modified(req, tag);
    if (same) co_return std::move(*same);
    const auto place = [](const checked_balance& c) { return place_of(c.what); };
    const auto page = pages.cut(std::span(known.all), place);
    auto answer = pages.answer(list_of(page), page.next);
    http::with_etag(answer, tag);
    co_return answer;
}

awaitable<http::response> read_checkpoint(http::request& req, app& a) {
    http::refuse_query(req);
    const auto which = checkpoint_named_in(req);
    const auto known = co_await checkpoints_of(a, which.user, which.account, req.until);
    const auto& found = checkpoint_or_404(known, which.id).what;
    co_return http::json_with_etag(req, text_of(found), tag_of(found));
}

awaitable<http::response> create_checkpoint(http::request& req, app& a) { return write_keyed(req, a, try_create); }

awaitable<http::response> patch_checkpoint(http::request& req, app& a) {
    http::refuse_query(req);
    const auto which = checkpoint_named_in(req);
    const auto attempt = [&](int) { return try_patch(a, req, which); };
    auto answer = co_await change_settled(req, a, attempt);
    co_return answer;
}

awaitable<http::response> delete_checkpoint(http::request& req, app& a) {
    http::refuse_query(req);
    const auto which = checkpoint_named_in(req);
    const auto attempt = [&](int) { return try_delete(a, req, which); };
    auto answer = co_await change_settled(req, a, attempt);
    co_return answer;
}

}  // namespace mita::finance

// /v1/accounts/{id}/checkpoints: what the bank said, and since when what is booked says another thing.
#include "core/error.hpp"
#include "finance/checkpoints/checkpoint_body.hpp"
#include "finance/handlers/change_settled.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/handlers/write_keyed.hpp"
#include "finance/wire/fields.hpp"
#include "http/conditional.hpp"
#include "http/page.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace mita::finance {

namespace {

using known_checkpoints = checkpoint_store::of_account;

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

// Of an account the person has; a person without a row gets one, and an account with it.
awaitable<known_checkpoints> checkpoints_of(app& a, const uuid& user, const uuid& account, deadline d) {
    auto known = co_await a.checkpoints.read(user, account, d);
    if (!known) {
        co_await a.profiles.require(user, d);
        known = co_await a.checkpoints.read(user, account, d);
    }
    if (!known || !known->currency) throw api_error(404, "not_found", "No such account.");
    co_return std::move(*known);
}

const checkpoint& one_or_404(const known_checkpoints& known, const uuid& id) {
    const auto found = std::ranges::find_if(known.all, [&id](const auto& c) { return c.what.id == id; });
    if (found == known.all.end()) throw api_error(404, "not_found", "No such checkpoint.");
    return found->what;
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

struct named {
    uuid user, account, id;
};

named named_in(const http::request& req) {
    return {req.who->user_id, parse_path_id(req.params[0]), parse_path_id(req.params[1])};
}

awaitable<std::optional<http::response>> try_patch(app& a, http::request& req, const named& which) {
    const auto known = co_await checkpoints_of(a, which.user, which.account, req.until);
    const auto& before = one_or_404(known, which.id);
    http::require_if_match(req, tag_of(before));
    const auto now = read_checkpoint_patch(req.body, before, rules_of(known, which.account));
    const bool done = co_await a.checkpoints.change(which.user, now, known.version, req.until);
    if (!done) co_return std::nullopt;
    auto answer = http::json(200, text_of(now));
    http::with_etag(answer, tag_of(now));
    co_return answer;
}

awaitable<std::optional<http::response>> try_delete(app& a, http::request& req, const named& which) {
    const auto known = co_await checkpoints_of(a, which.user, which.account, req.until);
    http::require_if_match(req, tag_of(one_or_404(known, which.id)));
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
    const auto which = named_in(req);
    const auto known = co_await checkpoints_of(a, which.user, which.account, req.until);
    const auto& found = one_or_404(known, which.id);
    co_return http::json_with_etag(req, text_of(found), tag_of(found));
}

awaitable<http::response> create_checkpoint(http::request& req, app& a) { return write_keyed(req, a, try_create); }

awaitable<http::response> patch_checkpoint(http::request& req, app& a) {
    http::refuse_query(req);
    const auto which = named_in(req);
    const auto attempt = [&](int) { return try_patch(a, req, which); };
    auto answer = co_await change_settled(req, a, attempt);
    co_return answer;
}

awaitable<http::response> delete_checkpoint(http::request& req, app& a) {
    http::refuse_query(req);
    const auto which = named_in(req);
    const auto attempt = [&](int) { return try_delete(a, req, which); };
    auto answer = co_await change_settled(req, a, attempt);
    co_return answer;
}

}  // namespace mita::finance

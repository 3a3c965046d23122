// /v1/accounts: where money is; /v1/balances: how much, on any day.
#include "core/error.hpp"
#include "finance/accounts/account_body.hpp"
#include "finance/accounts/net_worth.hpp"
#include "finance/handlers/change_settled.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/handlers/write_keyed.hpp"
#include "finance/wire/fields.hpp"
#include "finance/wire/refusals.hpp"
#include "http/conditional.hpp"
#include "http/page.hpp"
#include "http/query_reader.hpp"

#include <optional>
#include <span>
#include <string>
#include <utility>

namespace mita::finance {

namespace {

constexpr civil_day last_shown = std::chrono::year(9998) / 12 / 31;

[[noreturn]] void not_found() { throw api_error(404, "not_found", "No such account."); }

std::string text_of(const account& a) {
    json_out out;
    append(out, a);
    return std::move(out.text);
}

std::string list_of(const http::page<account>& page) {
    json_out out({}, 4096);
    out.open('{').key("data").open('[');
    for (const auto& a : page.items) append(out, a);
    return out.end_list(page.next);
}

http::response created(const account& a) {
    auto answer = http::json(201, text_of(a));
    http::with_etag(answer, tag_of(a));
    http::with_header(answer, "Location", "/v1/accounts/" + a.id.str());
    return answer;
}

// With their version; a person without a row gets one, and an account with it.
awaitable<account_store::versioned> accounts_of(app& a, const uuid& user, deadline d) {
    for (int attempt = 0; attempt < 3; ++attempt) {
        auto known = co_await a.accounts.read(user, d);
        if (known) co_return std::move(*known);
        co_await a.profiles.require(user, d);
    }
    throw overloaded("the person is being erased");
}

account_rules rules_of(const account_store::versioned& known) { return {known.currency, wall::now(), known.book}; }

awaitable<keyed_try> try_create(app& a, const http::request& req, json_document& body, const keyed_request* key) {
    const uuid user = req.who->user_id;
    const auto known = co_await accounts_of(a, user, req.until);
    const auto made = read_new_account(body, rules_of(known));
    keyed_try out;
    out.answer = created(made);
    const state_before from{std::nullopt, known.budget_version};
    const keyed_answer answer{key, out.answer, made.created_at};
    out.came = co_await a.accounts.insert(user, made, from, answer, req.until);
    co_return out;
}

awaitable<std::optional<http::response>> try_patch(app& a, http::request& req, const uuid& user, const uuid& id) {
    const auto known = co_await accounts_of(a, user, req.until);
    const auto* before = known.book.find(id);
    if (before == nullptr) not_found();
    http::require_if_match(req, tag_of(*before));
    const auto now = read_account_patch(req.body, *before, rules_of(known));
    const bool unless_used = moves_bookings(now, *before);
    const auto came = co_await a.accounts.change(user, now, known.budget_version, unless_used, req.until);
    if (came == account_change::moved) co_return std::nullopt;
    if (came == account_change::in_use)
        throw api_error(409, "in_use",
                        "Currency and on_budget stay once something is booked in the account or planned of it.");
    auto answer = http::json(200, text_of(now));
    http::with_etag(answer, tag_of(now));
    co_return answer;
}

// What is in use is archived.
awaitable<std::optional<http::response>> try_delete(app& a, http::request& req, const uuid& user, const uuid& id) {
    const auto known = co_await accounts_of(a, user, req.until);
    const auto* before = known.book.find(id);
    if (before == nullptr) not_found();
    http::require_if_match(req, tag_of(*before));
    if (before->first) throw api_error(409, "in_use", "The first account stays.");
    auto came = co_await a.accounts.remove(user, id, known.budget_version, req.until);
    if (came == account_change::in_use) {
        auto kept = *before;
        kept.archived = true;
        kept.updated_at = wall::now();
        came = co_await a.accounts.change(user, kept, known.budget_version, false, req.until);
    }
    if (came == account_change::moved) co_return std::nullopt;
    co_return http::empty(204);
}

std::optional<civil_day> day_asked(http::request& req) {
    http::query_reader query(req.query);
    const auto text = query.take("on");
    const auto day = text ? parse_day(*text) : std::nullopt;
    if (text && (!day || *day > last_shown))
        query.fail("on", "invalid_date", "Must be a day that exists, as YYYY-MM-DD.");
    query.finish();
    return day;
}

}  // namespace

awaitable<http::response> list_accounts(http::request& req, app& a) {
    const uuid user = req.who->user_id;
    const http::pager pages(req, a.all.cursors, user);
    const auto known = co_await accounts_of(a, user, req.until);
    const auto tag = "a" + std::to_string(known.budget_version);
    auto same = http::not_modified(req, tag);
    if (same) co_return std::move(*same);
    const auto place = [](const account& one) { return place_of(one); };
    const auto page = pages.cut(std::span(known.book.entries()), place);
    auto answer = pages.answer(list_of(page), page.next);
    http::with_etag(answer, tag);
    co_return answer;
}

awaitable<http::response> read_account(http::request& req, app& a) {
    http::refuse_query(req);
    const auto id = parse_path_id(req.params[0]);
    const auto known = co_await accounts_of(a, req.who->user_id, req.until);
    const auto* found = known.book.find(id);
    if (found == nullptr) not_found();
    co_return http::json_with_etag(req, text_of(*found), tag_of(*found));
}

awaitable<http::response> create_account(http::request& req, app& a) { return write_keyed(req, a, try_create); }

awaitable<http::response> patch_account(http::request& req, app& a) { return change_one(req, a, try_patch); }

awaitable<http::response> delete_account(http::request& req, app& a) { return change_one(req, a, try_delete); }

awaitable<http::response> balances(http::request& req, app& a) {
    const auto asked = day_asked(req);
    const uuid user = req.who->user_id;
    const auto who = co_await a.profiles.require(user, req.until);
    const auto today = today_of(who);
    const auto on = asked.value_or(today);
    const auto tag = plan_tag(who, today) + "." + format_day(on);
    auto same = http::not_modified(req, tag);
    if (same) co_return std::move(*same);
    const auto held = co_await a.accounts.balances(user, on, req.until);
    auto answer = http::json(200, balances_json(on, held));
    http::with_etag(answer, tag);
    co_return answer;
}

}  // namespace mita::finance

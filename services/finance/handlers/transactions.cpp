// GET, PATCH and DELETE of one transaction. Changes are guarded by the version they name (C2).
#include "core/error.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/ledger/transaction_body.hpp"
#include "finance/month/facts_with_entry.hpp"
#include "finance/month/month_loader.hpp"
#include "finance/once/retry.hpp"
#include "finance/wire/fields.hpp"
#include "finance/wire/refusals.hpp"
#include "http/conditional.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>
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

// Outside the coroutine: what is large stays off its frame.
transaction changed(std::string_view body, const ledger_store::subject& s) {
    const auto where = find_zone(s.timezone);
    if (!where) throw std::logic_error("a stored time zone is not in this system's tzdata");
    const entry_rules rules{s.currency, *where, wall::now(), s.book};
    json_document doc(body);
    return read_transaction_patch(doc, *s.entry, rules);
}

std::string_view blamed(const transaction& now, const transaction& before) {
    return now.booked_on != before.booked_on ? "/booked_on" : "/money/amount";
}

// Its own, and that of the bill it is linked to.
std::vector<year_month> months_touched(const transaction& t) {
    std::vector<year_month> out{month_of(t.booked_on)};
    const auto linked = month_of_link(t.bill_id);
    if (linked && *linked != out.front()) out.push_back(*linked);
    return out;
}

bool moves_money(const transaction& now, const transaction& before) {
    const auto same = [](const auto& a, const auto& b) { return a.category == b.category && a.value == b.value; };
    return now.booked_on != before.booked_on || !std::ranges::equal(now.lines, before.lines, same);
}

awaitable<std::optional<http::response>> try_patch(app& a, http::request& req, const uuid& user, const uuid& id) {
    const auto found = co_await a.ledger.read_for_change(user, id, req.until);
    if (!found.entry || found.entry->deleted_at) not_found();
    http::require_if_match(req, tag_of(*found.entry));
    const auto t = changed(req.body, found);
    const bool linked = !t.bill_id.empty() && (t.bill_id != found.entry->bill_id || moves_money(t, *found.entry));
    if (linked) {
        const auto target = co_await a.ledger.find_target(user, t.bill_id, req.until);
        check_link(t, target);
    }
    if (linked || moves_money(t, *found.entry)) {
        for (const auto month : months_touched(t)) {
            month_request there;
            there.month = month;
            auto got = co_await a.months.load(user, there, req.until);
            // Of another version: the write below will find out.
            if (got.facts.who.ledger_version == found.ledger_version)
                require_room(std::move(got), t, &*found.entry, blamed(t, *found.entry));
        }
    }
    const state_before from{found.ledger_version, found.budget_version};
    const bool done = co_await a.ledger.change(user, t, from, req.until);
    if (!done) co_return std::nullopt;
    auto answer = http::json(200, text_of(t));
    http::with_etag(answer, tag_of(t));
    co_return answer;
}

awaitable<std::optional<http::response>> try_delete(app& a, http::request& req, const uuid& user, const uuid& id) {
    const auto found = co_await a.ledger.find(user, id, req.until);
    if (!found) not_found();
    http::require_if_match(req, tag_of(*found));
    const bool done = co_await a.ledger.remove(user, id, found->version, wall::now(), req.until);
    if (!done) co_return std::nullopt;
    co_return http::empty(204);
}

}  // namespace

awaitable<http::response> read_transaction(http::request& req, app& a) {
    http::refuse_query(req);
    const auto id = parse_path_id(req.params[0]);
    const auto found = co_await a.ledger.find(req.who->user_id, id, req.until);
    if (!found) not_found();
    co_return http::json_with_etag(req, text_of(*found), tag_of(*found));
}

awaitable<http::response> patch_transaction(http::request& req, app& a) {
    http::refuse_query(req);
    const uuid user = req.who->user_id;
    const auto id = parse_path_id(req.params[0]);
    const auto turn = co_await a.all.turns.enter(user, a.on.get_executor(), req.until);
    const auto attempt = [&](int) { return try_patch(a, req, user, id); };
    auto answer = co_await until_settled(a.on.get_executor(), attempt);
    a.all.forget(user);
    co_return answer;
}

awaitable<http::response> delete_transaction(http::request& req, app& a) {
    http::refuse_query(req);
    const uuid user = req.who->user_id;
    const auto id = parse_path_id(req.params[0]);
    const auto attempt = [&](int) { return try_delete(a, req, user, id); };
    auto answer = co_await until_settled(a.on.get_executor(), attempt);
    a.all.forget(user);
    co_return answer;
}

}  // namespace mita::finance

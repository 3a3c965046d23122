// /v1/transfers: the list; GET, PATCH and DELETE of one.
#include "core/error.hpp"
#include "finance/handlers/change_settled.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/handlers/transaction_written.hpp"
#include "finance/handlers/transfer_written.hpp"
#include "finance/transfers/transfer_body.hpp"
#include "finance/transfers/transfer_query.hpp"
#include "finance/wire/fields.hpp"
#include "http/conditional.hpp"
#include "http/page.hpp"

#include <optional>
#include <string>
#include <utility>

namespace mita::finance {

namespace {

[[noreturn]] void not_found() { throw api_error(404, "not_found", "No such transfer."); }

std::string text_of(const transfer& t) {
    json_out out;
    append(out, t);
    return std::move(out.text);
}

std::string list_of(const transfer_page& page, const std::optional<std::string>& cursor) {
    json_out out({}, 64 + page.entries.size() * 560);
    out.open('{').key("data").open('[');
    for (const auto& t : page.entries) append(out, t);
    return out.end_list(cursor);
}

std::string tag_of_list(std::int64_t ledger_version) { return "x" + std::to_string(ledger_version); }

// A transfer as it is, and the month of today: what a change of it is judged by.
struct subject {
    loaded_month now;
    transfer entry;

    state_before version() const { return {now.facts.who.ledger_version, now.facts.who.budget_version}; }
    // Else an account came after the facts.
    bool complete() const {
        const auto& known = now.facts.accounts;
        return known.find(entry.from.account_id) != nullptr && known.find(entry.to.account_id) != nullptr;
    }
};

// The month first: when something is written in between, the ledger's version tells.
awaitable<subject> read_subject(app& a, const http::request& req, const uuid& id) {
    const uuid user = req.who->user_id;
    auto now = co_await a.months.load(user, month_request(), req.until);
    auto found = co_await a.transfers.find(user, id, req.until);
    if (!found || found->deleted_at) not_found();
    http::require_if_match(req, tag_of(*found));
    co_return subject{std::move(now), std::move(*found)};
}

// Outside the coroutine: what is large stays off its frame.
transfer changed(std::string_view body, const subject& s) {
    json_document doc(body);
    return read_transfer_patch(doc, s.entry, rules_of(s.now.facts));
}

transfer deleted(const transfer& t) {
    auto out = t;
    out.deleted_at = out.updated_at = wall::now();
    ++out.version;
    for (auto* leg : {&out.from, &out.to}) {
        leg->deleted_at = out.deleted_at;
        leg->updated_at = out.updated_at;
        ++leg->version;
    }
    return out;
}

awaitable<bool> wrote(app& a, const http::request& req, const transfer& t, const state_before& from,
                      http::response& answer) {
    const keyed_answer unkeyed{nullptr, answer, t.updated_at};
    const auto came = co_await a.transfers.change(req.who->user_id, t, from, unkeyed, writer(*req.who), req.until);
    co_return came.how == write_outcome::kind::written;
}

awaitable<std::optional<http::response>> try_patch(app& a, http::request& req, const uuid& user, const uuid& id) {
    auto s = co_await read_subject(a, req, id);
    if (!s.complete()) co_return std::nullopt;
    const auto t = changed(req.body, s);
    const auto& linked = t.counted() != nullptr ? *t.counted() : t.from;
    if (!linked.bill_id.empty()) {
        const auto target = co_await a.ledger.find_target(user, linked.bill_id, req.until);
        judge_link(s.now.facts, linked, target);
    }
    const auto all = changes_of(&s.entry, &t);
    co_await require_room_for(a, user, s.now, all, false, req.until);
    const auto from = s.version();
    const auto effect = effect_of_changes(s.now.facts, all, "/money/amount");
    auto answer = written(t, effect, s.now.facts.who.currency, 200);
    const bool done = co_await wrote(a, req, t, from, answer);
    if (!done) co_return std::nullopt;
    co_return answer;
}

awaitable<std::optional<http::response>> try_delete(app& a, http::request& req, const uuid& user, const uuid& id) {
    auto s = co_await read_subject(a, req, id);
    const auto gone = deleted(s.entry);
    const auto from = s.version();
    const auto effect = effect_if_any(s.now.facts, changes_of(&s.entry, nullptr));
    auto answer = written(gone, effect, s.now.facts.who.currency, 200);
    const bool done = co_await wrote(a, req, gone, from, answer);
    if (!done) co_return std::nullopt;
    co_return answer;
}

}  // namespace

awaitable<http::response> list_transfers(http::request& req, app& a) {
    const auto asked = read_transfer_query(req);
    const uuid user = req.who->user_id;
    const auto filter = query_of(asked.filter);
    const auto scope = http::cursor_scope(req.route, user, filter);
    std::optional<transaction_place> after;
    if (asked.cursor) after = place_from(a.all.cursors.open(*asked.cursor, scope));
    if (req.headers.find("If-None-Match") != nullptr) {
        const auto version = co_await a.ledger.version(user, req.until);
        auto same = http::not_modified(req, tag_of_list(version.value_or(0)));
        if (same) co_return std::move(*same);
    }
    const auto page = co_await a.transfers.page(user, asked.filter, after, asked.limit, req.until);
    std::optional<std::string> cursor;
    if (page.next) cursor = a.all.cursors.seal(bytes_of(*page.next), scope);
    auto answer = http::json(200, list_of(page, cursor));
    http::with_etag(answer, tag_of_list(page.ledger_version));
    if (cursor) http::with_header(answer, "Link", http::next_link(req.route, asked.limit, filter, *cursor));
    co_return answer;
}

awaitable<http::response> read_transfer(http::request& req, app& a) {
    http::refuse_query(req);
    const auto id = parse_path_id(req.params[0]);
    const auto found = co_await a.transfers.find(req.who->user_id, id, req.until);
    if (!found || found->deleted_at) not_found();
    co_return http::json_with_etag(req, text_of(*found), tag_of(*found));
}

awaitable<http::response> patch_transfer(http::request& req, app& a) { return change_one(req, a, try_patch); }

awaitable<http::response> delete_transfer(http::request& req, app& a) { return change_one(req, a, try_delete); }

}  // namespace mita::finance

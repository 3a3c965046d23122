// POST /v1/transactions and :restore: keyed, answered once, written with their effect in one statement.
#include "core/error.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/ledger/transaction_body.hpp"
#include "finance/month/facts_with_entry.hpp"
#include "finance/month/month_loader.hpp"
#include "finance/month/spend_effect.hpp"
#include "finance/once/write_once.hpp"
#include "finance/wire/fields.hpp"
#include "finance/wire/refusals.hpp"
#include "http/conditional.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace mita::finance {

namespace {

// The occurrence a link names, when it is of a month these facts have open.
std::optional<link_target> target_in(const month_facts& f, std::string_view id) {
    const auto last = f.last_opened();
    for (const auto& m : f.expects) {
        if (!last || m.month > last->month) break;
        for (const auto& o : m.bills)
            if (o.id == id) return link_target{o.category, false};
        for (const auto& i : m.incomes)
            if (i.id == id) return link_target{i.category, true};
    }
    return std::nullopt;
}

// A transaction as it would be, and the month of today with it.
struct draft {
    transaction entry;
    std::shared_ptr<loaded_month> now;
    http::response answer;
};

entry_rules rules_of(const month_facts& f) {
    const auto where = find_zone(f.who.timezone);
    if (!where) throw std::logic_error("a stored time zone is not in this system's tzdata");
    return {f.who.currency, *where, wall::now(), f.book};
}

http::response created(const transaction& t, const std::optional<spend_effect>& effect) {
    json_out out(t.currency, 1024);
    out.open('{');
    append_members(out, t);
    if (effect) {
        out.key("effect");
        append(out, *effect);
    } else {
        out.null("effect");
    }
    out.close('}');
    auto answer = http::json(201, std::move(out.text));
    http::with_etag(answer, tag_of(t));
    http::with_header(answer, "Location", "/v1/transactions/" + t.id.str());
    return answer;
}

// Outside the coroutine: what is large stays off its frame. The entry is added to `got`: that is the one copy there is.
draft draft_of(json_document& body, std::shared_ptr<loaded_month> got) {
    draft out;
    out.entry = read_new_transaction(body, rules_of(got->facts));
    try {
        add_entry(got->facts, out.entry);
        const auto effect = effect_of(got->facts, today_of(got->facts.who));
        out.answer = created(out.entry, effect);
    } catch (const api_error& e) {
        if (e.code != "amount_overflow" || !e.errors.empty()) throw;
        throw amount_overflow("/money/amount");
    }
    out.now = std::move(got);
    return out;
}

// Into another month than today's: it must have room, and is opened when it is the entry's own and comes.
awaitable<void> look_there(app& a, const uuid& user, const transaction& entry, year_month month, deadline d) {
    month_request there;
    there.month = month;
    there.open_future = month == month_of(entry.booked_on);
    auto got = co_await a.months.load(user, there, d);
    require_room(std::move(got), entry, nullptr, "/money/amount");
}

http::response restored(const transaction& t) {
    json_out out(t.currency, 1024);
    append(out, t);
    auto answer = http::json(200, std::move(out.text));
    http::with_etag(answer, tag_of(t));
    return answer;
}

awaitable<void> check_linked(app& a, const uuid& user, const month_facts& f, const transaction& entry, deadline d) {
    auto target = target_in(f, entry.bill_id);
    if (!target) {
        target = co_await a.ledger.find_target(user, entry.bill_id, d);
    }
    check_link(entry, target);
}

// What this process knows of the month that is now; null: it must be read. The write will tell whether it still holds.
std::shared_ptr<const loaded_month> remembered(app& a, const uuid& user) {
    const auto found = a.all.known_months.find(user);
    if (!found || !found->value) return nullptr;
    const auto& l = *found->value;
    const auto today = today_of(l.facts.who);
    const bool whole = month_of(today) == l.month && month_of(today + std::chrono::days(1)) <= l.last;
    return whole ? found->value : nullptr;
}

void remember(app& a, const uuid& user, std::shared_ptr<loaded_month> written) {
    auto now = once_written(std::move(written));
    if (now)
        a.all.known_months.insert(user, std::move(now));
    else
        a.all.known_months.invalidate(user);
}

awaitable<keyed_try> write_draft(app& a, const uuid& user, draft made, const keyed_request* key, deadline d) {
    if (!made.entry.bill_id.empty()) {
        co_await check_linked(a, user, made.now->facts, made.entry, d);
    }
    const auto booked = month_of(made.entry.booked_on);
    if (booked != made.now->month) {
        co_await look_there(a, user, made.entry, booked, d);
    }
    const auto linked = month_of_link(made.entry.bill_id);
    if (linked && *linked != made.now->month && *linked != booked) {
        co_await look_there(a, user, made.entry, *linked, d);
    }
    const auto& who = made.now->facts.who;
    const state_before from{who.ledger_version, who.budget_version};
    keyed_try out;
    out.answer = std::move(made.answer);
    const keyed_answer answer{key, out.answer, made.entry.created_at};
    out.came = co_await a.ledger.create(user, made.entry, from, answer, d);
    if (out.came.how == write_outcome::kind::written) remember(a, user, std::move(made.now));
    co_return out;
}

// By what this process remembers; nullopt: nothing, or what may be out of date refused it or was.
awaitable<std::optional<keyed_try>> try_remembered(app& a, const uuid& user, json_document& body,
                                                   const keyed_request* key, deadline d) {
    const auto known = remembered(a, user);
    if (!known) co_return std::nullopt;
    try {
        auto made = draft_of(body, std::make_shared<loaded_month>(*known));
        auto done = co_await write_draft(a, user, std::move(made), key, d);
        if (done.came.how != write_outcome::kind::moved) co_return done;
    } catch (const api_error&) {  // the reading below says it with certainty
    }
    body.start_over();
    co_return std::nullopt;
}

awaitable<keyed_try> try_create(app& a, const uuid& user, json_document& body, const keyed_request* key, int n,
                                deadline d) {
    if (n == 0) {
        auto done = co_await try_remembered(a, user, body, key, d);
        if (done) co_return std::move(*done);
    }
    auto read = co_await a.months.load(user, month_request(), d);
    auto made = draft_of(body, std::make_shared<loaded_month>(std::move(read)));
    auto done = co_await write_draft(a, user, std::move(made), key, d);
    co_return done;
}

// A restore takes no members.
void refuse_members(json_document& body) {
    body.object();
    body.finish();
}

awaitable<keyed_try> try_restore(app& a, const uuid& user, const uuid& id, json_document& body,
                                 const keyed_request* key, deadline d) {
    refuse_members(body);
    auto found = co_await a.ledger.read_for_change(user, id, d);
    if (!found.entry) throw api_error(404, "not_found", "No such transaction.");
    auto t = std::move(*found.entry);
    const bool deleted = t.deleted_at.has_value();
    if (deleted) {
        t.deleted_at.reset();
        t.updated_at = wall::now();
        ++t.version;
    }
    keyed_try out;
    out.answer = restored(t);
    if (!deleted) {
        const keyed_answer answer{key, out.answer, wall::now()};
        out.came = co_await a.kept_answers.keep(user, answer, d);
        co_return out;
    }
    month_request there;
    there.month = month_of(t.booked_on);
    auto got = co_await a.months.load(user, there, d);
    if (got.facts.who.ledger_version != found.ledger_version) co_return keyed_try();
    require_room(std::move(got), t, nullptr, {});
    const keyed_answer answer{key, out.answer, t.updated_at};
    out.came = co_await a.ledger.restore(user, t, {found.ledger_version, std::nullopt}, answer, d);
    if (out.came.how == write_outcome::kind::written) a.all.forget(user);
    co_return out;
}

}  // namespace

awaitable<http::response> create_transaction(http::request& req, app& a) {
    http::refuse_query(req);
    const uuid user = req.who->user_id;
    const auto attempt = [&](json_document& body, const keyed_request* key, int n) {
        return try_create(a, user, body, key, n, req.until);
    };
    auto answer = co_await write_once(a.way(), req, keyed_form(), attempt);
    co_return answer;
}

awaitable<http::response> restore_transaction(http::request& req, app& a) {
    http::refuse_query(req);
    const uuid user = req.who->user_id;
    const auto id = parse_path_id(req.params[0]);
    const auto attempt = [&](json_document& body, const keyed_request* key, int) {
        return try_restore(a, user, id, body, key, req.until);
    };
    keyed_form form;
    form.body_required = false;
    auto answer = co_await write_once(a.way(), req, form, attempt);
    co_return answer;
}

}  // namespace mita::finance

// POST /v1/transactions and :restore: keyed, answered once, written with their effect in one statement.
#include "core/error.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/ledger/transaction_body.hpp"
#include "finance/month/facts_with_entry.hpp"
#include "finance/month/month_loader.hpp"
#include "finance/month/spend_effect.hpp"
#include "finance/wire/fields.hpp"
#include "finance/wire/refusals.hpp"

#include <chrono>
#include <exception>
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

struct draft {
    transaction entry;
    http::response answer;
    std::exception_ptr refused;  // why there is neither
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
    http::with_header(answer, "ETag", "\"" + tag_of(t) + "\"");
    http::with_header(answer, "Location", "/v1/transactions/" + t.id.str());
    return answer;
}

// Outside the coroutine: what is large stays off its frame.
draft draft_of(std::string_view body, const loaded_month& got, civil_day today) {
    draft out;
    try {
        json_document doc(body);
        out.entry = read_new_transaction(doc, rules_of(got.facts));
        const auto effect = effect_of(got.facts, out.entry, today);
        out.answer = created(out.entry, effect);
    } catch (const api_error& e) {
        const bool bare = e.code == "amount_overflow" && e.errors.empty();
        out.refused = bare ? std::make_exception_ptr(amount_overflow("/money/amount")) : std::current_exception();
    }
    return out;
}

// Into another month than today's: it is opened when it comes, and must have room.
awaitable<void> look_there(app& a, const uuid& user, draft& made, year_month month, deadline d) {
    month_request there;
    there.month = month;
    there.open_future = month == month_of(made.entry.booked_on);
    auto got = co_await a.months.load(user, there, d);
    try {
        require_room(std::move(got), made.entry, nullptr, "/money/amount");
    } catch (const api_error&) {
        made.refused = std::current_exception();
    }
}

awaitable<void> check_linked(app& a, const uuid& user, const loaded_month& got, draft& made, deadline d) {
    auto target = target_in(got.facts, made.entry.bill_id);
    if (!target) {
        target = co_await a.ledger.find_target(user, made.entry.bill_id, d);
    }
    try {
        check_link(made.entry, target);
    } catch (const api_error&) {
        made.refused = std::current_exception();
    }
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

void remember(app& a, const uuid& user, const loaded_month& before, const transaction& written) {
    auto now = after_writing(before, written);
    if (now)
        a.all.known_months.insert(user, std::move(now));
    else
        a.all.known_months.invalidate(user);
}

// A restore takes no answers: an empty body, or an object without members.
void refuse_members(std::string_view body) {
    if (body.empty()) return;
    json_document doc(body);
    doc.object();
    doc.finish();
}

}  // namespace

awaitable<http::response> create_transaction(http::request& req, app& a) {
    const http::query_params query(req.query);
    query.finish();
    const uuid user = req.who->user_id;
    auto given = read_key(req, true);
    const auto key = key_of(req, std::move(*given), fingerprint_of_body(req.body));
    const write_turns::claim mine(a.all.turns, user, key.scope, key.key);
    if (!mine.first()) refuse_in_flight();
    const auto turn = co_await a.all.turns.enter(user, a.on.get_executor(), req.until);
    for (int attempt = 0; attempt < write_tries; ++attempt) {
        auto got = attempt == 0 ? remembered(a, user) : nullptr;
        const bool known = got != nullptr;
        if (!known) {
            auto read = co_await a.months.load(user, month_request(), req.until);
            got = std::make_shared<const loaded_month>(std::move(read));
        }
        auto made = draft_of(req.body, *got, today_of(got->facts.who));
        if (!made.refused && !made.entry.bill_id.empty()) {
            co_await check_linked(a, user, *got, made, req.until);
        }
        const auto booked = month_of(made.entry.booked_on);
        if (!made.refused && booked != got->month) {
            co_await look_there(a, user, made, booked, req.until);
        }
        const auto linked = month_of_link(made.entry.bill_id);
        if (!made.refused && linked && *linked != got->month && *linked != booked) {
            co_await look_there(a, user, made, *linked, req.until);
        }
        if (made.refused && known) continue;  // by what may be out of date
        if (made.refused) {
            // What is refused now may have been accepted then: the first answer stands.
            const auto kept = co_await a.kept_answers.find(user, key, req.until);
            if (kept) co_return replay(*kept, key);
            std::rethrow_exception(made.refused);
        }
        const ledger_versions from{got->facts.who.ledger_version, got->facts.who.budget_version};
        const auto kept = keep(key, made.answer);
        const auto done = co_await a.ledger.create(user, made.entry, from, key, kept, req.until);
        if (done.result == write_result::written) {
            remember(a, user, *got, made.entry);
            co_return std::move(made.answer);
        }
        if (done.result == write_result::replayed) co_return replay(done.kept, key);
        if (!known) {
            co_await step_aside(a.on.get_executor(), attempt);
        }
    }
    throw overloaded("the ledger is being written by others again and again");
}

awaitable<http::response> restore_transaction(http::request& req, app& a) {
    const http::query_params query(req.query);
    query.finish();
    const uuid user = req.who->user_id;
    const auto id = parse_path_id(req.params[0]);
    auto given = read_key(req, true);
    refuse_members(req.body);
    const auto print = req.body.empty() ? fingerprint_of_nothing() : fingerprint_of_body(req.body);
    const auto key = key_of(req, std::move(*given), print);
    const write_turns::claim mine(a.all.turns, user, key.scope, key.key);
    if (!mine.first()) refuse_in_flight();
    const auto turn = co_await a.all.turns.enter(user, a.on.get_executor(), req.until);
    for (int attempt = 0; attempt < write_tries; ++attempt) {
        const auto kept_before = co_await a.kept_answers.find(user, key, req.until);
        if (kept_before) co_return replay(*kept_before, key);
        auto found = co_await a.ledger.read_for_change(user, id, req.until);
        if (!found.entry) throw api_error(404, "not_found", "No such transaction.");
        auto t = std::move(*found.entry);
        const bool deleted = t.deleted_at.has_value();
        if (deleted) {
            t.deleted_at.reset();
            t.updated_at = wall::now();
            ++t.version;
        }
        json_out out(t.currency, 1024);
        append(out, t);
        auto answer = http::json(200, std::move(out.text));
        http::with_header(answer, "ETag", "\"" + tag_of(t) + "\"");
        const auto kept = keep(key, answer);
        if (!deleted) {
            co_await a.kept_answers.keep(user, key, kept, req.until);
            co_return answer;
        }
        month_request there;
        there.month = month_of(t.booked_on);
        auto got = co_await a.months.load(user, there, req.until);
        if (got.facts.who.ledger_version != found.ledger_version) {
            co_await step_aside(a.on.get_executor(), attempt);
            continue;
        }
        require_room(std::move(got), t, nullptr, {});
        const auto done = co_await a.ledger.restore(user, t, found.ledger_version, key, kept, req.until);
        if (done.result == write_result::written) {
            a.all.known_months.invalidate(user);
            co_return answer;
        }
        if (done.result == write_result::replayed) co_return replay(done.kept, key);
        co_await step_aside(a.on.get_executor(), attempt);
    }
    throw overloaded("the transaction is being changed by others again and again");
}

}  // namespace mita::finance

// POST /v1/transactions:batch: up to a thousand new transactions, each judged as a POST of it would be after those
// before it, written in one statement with one answer. Atomic: all or none; independent: each for itself.
#include "core/error.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/handlers/transaction_written.hpp"
#include "finance/ledger/batch_body.hpp"
#include "finance/ledger/bill_link.hpp"
#include "finance/month/facts_with_entry.hpp"
#include "finance/month/month_loader.hpp"
#include "finance/month/month_room.hpp"
#include "finance/once/write_once.hpp"
#include "finance/wire/refusals.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

constexpr std::size_t judged_at_once = 50;  // then others of this worker have their turn
constexpr std::size_t bytes_of_one = 480;

// A batch under way: the month of today with what was accepted so far, and the room of each month that is touched.
struct judging {
    judging(loaded_month n, json_document& body, payees_meant payees) : now(std::move(n)) {
        auto rules = rules_of(now.facts);
        rules.payees = &payees;
        asked = read_batch(body, rules);
        rooms.emplace(now.month, month_room(now));
    }

    loaded_month now;
    batch_request asked;
    std::map<year_month, month_room> rooms;
    std::set<uuid> taken;

    std::int64_t version() const { return now.facts.who.ledger_version; }
    std::vector<uuid> ids() const {
        std::vector<uuid> out;
        for (const auto& item : asked.items)
            if (!item.refused) out.push_back(item.entry.id);
        return out;
    }
    std::vector<transaction> accepted() const {
        std::vector<transaction> out;
        for (const auto& item : asked.items)
            if (!item.refused) out.push_back(item.entry);
        return out;
    }
};

std::vector<year_month> months_of(const transaction& t, year_month now) {
    auto out = other_months(t, now);
    out.push_back(now);
    return out;
}

// Outside the coroutine, as all that is large.
std::unique_ptr<judging> begin_judging(loaded_month now, json_document& body, payees_meant payees) {
    return std::make_unique<judging>(std::move(now), body, std::move(payees));
}

// Each once.
std::vector<std::string> payees_named(const boost::json::value& body) {
    const auto* in = body.if_object();
    const auto* items = in == nullptr ? nullptr : in->if_contains("items");
    std::set<std::string> out;
    if (items == nullptr || !items->is_array() || items->get_array().size() > most_in_batch) return {};
    for (const auto& item : items->get_array())
        if (auto word = payee_named(item)) out.insert(std::move(*word));
    return {out.begin(), out.end()};
}

// false: it is of another state of the ledger than the month of today.
bool know(judging& j, const loaded_month& got) {
    if (got.facts.who.ledger_version != j.version()) return false;
    j.rooms.emplace(got.month, month_room(got));
    return true;
}

// After everything before it. Throws api_error 422 amount_overflow, 409 already_exists.
void accept(judging& j, const transaction& t) {
    const auto& book = j.now.facts.book;
    const auto touched = months_of(t, j.now.month);
    for (const auto month : touched)
        if (!j.rooms.at(month).fits(t, book)) throw amount_overflow("/money/amount");
    if (!j.taken.insert(t.id).second)
        throw api_error(409, "already_exists", "A transaction with this id exists.",
                        {{"/id", "already_exists", "A transaction with this id exists."}});
    for (const auto month : touched) j.rooms.at(month).add(t, book);
    replace_entry(j.now.facts, nullptr, &t);
}

// false: what it is judged by is of another state by now.
awaitable<bool> judge_item(app& a, const uuid& user, judging& j, const transaction& t, deadline d) {
    if (!t.bill_id.empty()) {
        co_await check_linked(a, user, j.now.facts, t, d);
    }
    for (const auto month : other_months(t, j.now.month)) {
        if (j.rooms.contains(month)) continue;
        month_request there;
        there.month = month;
        there.open_future = month == month_of(t.booked_on);
        const auto got = co_await a.months.load(user, there, d);
        if (!know(j, got)) co_return false;
    }
    accept(j, t);
    co_return true;
}

awaitable<bool> judge_all(app& a, const uuid& user, judging& j, deadline d) {
    const auto taken = co_await a.batches.taken(user, j.ids(), d);
    j.taken.insert(taken.begin(), taken.end());
    for (std::size_t at = 0; at < j.asked.items.size(); ++at) {
        auto& item = j.asked.items[at];
        if (at % judged_at_once == judged_at_once - 1) {
            steady_timer others(a.on.get_executor(), std::chrono::milliseconds(0));
            co_await others.async_wait(use_awaitable);
        }
        if (item.refused) continue;
        bool same = true;
        try {
            same = co_await judge_item(a, user, j, item.entry, d);
        } catch (const api_error& e) {
            item.refused = of_item(e, at, "");
        }
        if (!same) co_return false;
    }
    co_return true;
}

void append_problem(json_out& out, const api_error& e) {
    out.open('{').field("type", "about:blank").field("title", http::reason(e.status));
    out.field("status", static_cast<int>(e.status)).field("detail", e.what()).field("code", e.code);
    out.key("errors").open('[');
    for (const auto& found : e.errors)
        out.open('{')
            .field("pointer", found.pointer)
            .field("code", found.code)
            .field("detail", found.detail)
            .close('}');
    out.close(']').close('}');
}

// Each item in its order, and what all of them together did to the plan.
http::response answer_of(judging& j) {
    const auto effect = effect_of_change(j.now.facts, nullptr, nullptr, "/items");
    json_out out(j.now.facts.who.currency, 256 + j.asked.items.size() * bytes_of_one);
    out.open('{').key("data").open('[');
    for (const auto& item : j.asked.items) {
        out.open('{').field("status", item.refused ? static_cast<int>(item.refused->status) : 201);
        if (item.refused) {
            out.key("problem");
            append_problem(out, *item.refused);
        } else {
            out.key("transaction");
            append(out, item.entry);
        }
        out.close('}');
    }
    out.close(']');
    if (effect) {
        out.key("effect");
        append(out, *effect);
    } else {
        out.null("effect");
    }
    out.close('}');
    return http::json(j.asked.atomic ? 200 : 207, std::move(out.text));
}

void refuse_if_atomic(const judging& j) {
    const bool refused = std::ranges::any_of(j.asked.items, [](const auto& i) { return i.refused.has_value(); });
    if (j.asked.atomic && refused) throw refusal_of(j.asked.items);
}

awaitable<keyed_try> try_batch(app& a, const uuid& user, json_document& body, const keyed_request* key, deadline d) {
    auto read = co_await a.months.load(user, month_request(), d);
    auto payees = co_await a.payees.meant(user, payees_named(body.value()), d);
    const auto j = begin_judging(std::move(read), body, std::move(payees));
    keyed_try out;
    const bool same = co_await judge_all(a, user, *j, d);
    if (!same) co_return out;
    refuse_if_atomic(*j);
    out.answer = answer_of(*j);
    const auto entries = j->accepted();
    if (entries.empty()) {
        const keyed_answer refused{key, out.answer, wall::now()};
        out.came = co_await a.kept_answers.keep(user, refused, d);
        co_return out;
    }
    const keyed_answer answer{key, out.answer, entries.front().created_at};
    const auto& who = j->now.facts.who;
    const state_before from{who.ledger_version, who.budget_version};
    out.came = co_await a.batches.create(user, entries, from, answer, d);
    if (out.came.how == write_outcome::kind::written) a.all.forget(user);
    co_return out;
}

}  // namespace

awaitable<http::response> batch_transactions(http::request& req, app& a) {
    http::refuse_query(req);
    const uuid user = req.who->user_id;
    const auto attempt = [&](json_document& body, const keyed_request* key, int) {
        return try_batch(a, user, body, key, req.until);
    };
    keyed_form form;
    form.limits = batch_limits;
    auto answer = co_await write_once(a.way(), req, form, attempt);
    co_return answer;
}

}  // namespace mita::finance

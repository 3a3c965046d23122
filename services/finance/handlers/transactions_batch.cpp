// POST /v1/transactions:batch: up to a thousand new transactions, each judged as a POST of it would be after those
// before it, written in one statement with one answer. Atomic: all or none; independent: each for itself.
#include "core/error.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/handlers/judged_together.hpp"
#include "finance/handlers/transaction_written.hpp"
#include "finance/handlers/write_keyed.hpp"
#include "finance/ledger/batch_body.hpp"
#include "finance/ledger/signed_store.hpp"
#include "finance/month/month_loader.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

constexpr keyed_form batch_form{true, true, batch_limits};
constexpr std::size_t bytes_of_one = 480;

struct judging : judged_together {
    judging(loaded_month n, json_document& body, payees_meant payees) : judged_together(std::move(n)) {
        auto rules = rules_of(now.facts);
        rules.payees = &payees;
        asked = read_batch(body, rules);
    }

    batch_request asked;
    std::set<uuid> taken;

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

// Throws api_error 422 amount_overflow, 409 already_exists.
void accept(judging& j, const transaction& t) {
    require_rooms(j, nullptr, &t);
    if (!j.taken.insert(t.id).second) throw api_error(409, "already_exists", "A transaction with this id exists.");
    put(j, nullptr, &t);
}

// Whom a refusal without a pointer blames.
const char* blamed(const api_error& e) {
    if (e.code == "amount_overflow") return "/money/amount";
    return e.code == "already_exists" ? "/id" : "";
}

// After everything before it. false: what it is judged by is of another state by now.
awaitable<bool> judge_item(app& a, const uuid& user, judging& j, const transaction& t, deadline d) {
    if (!t.bill_id.empty()) {
        co_await check_linked(a, user, j.now.facts, t, d);
    }
    const bool known = co_await know_months(a, user, j, t, true, d);
    if (known) accept(j, t);
    co_return known;
}

awaitable<bool> judge_all(app& a, const uuid& user, judging& j, deadline d) {
    const auto taken = co_await a.ledger.taken(user, j.ids(), d);
    j.taken.insert(taken.begin(), taken.end());
    for (std::size_t at = 0; at < j.asked.items.size(); ++at) {
        auto& item = j.asked.items[at];
        co_await let_others(a, at);
        if (item.refused) continue;
        bool same = true;
        try {
            same = co_await judge_item(a, user, j, item.entry, d);
        } catch (const api_error& e) {
            item.refused = of_item(e, at, blamed(e));
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

// Each item in its order, what all of them together did to the plan, and the id they can be undone by.
http::response answer_of(judging& j, const std::optional<uuid>& act) {
    const auto effect = effect_of_all(j, true);
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
    append_change_id(out, act);
    append_effect(out, effect);
    out.close('}');
    return http::json(j.asked.atomic ? 200 : 207, std::move(out.text));
}

void refuse_if_atomic(const judging& j) {
    const bool refused = std::ranges::any_of(j.asked.items, [](const auto& i) { return i.refused.has_value(); });
    if (j.asked.atomic && refused) throw refusal_of(j.asked.items);
}

awaitable<keyed_try> try_batch(app& a, const http::request& req, json_document& body, const keyed_request* key) {
    const uuid user = req.who->user_id;
    auto read = co_await a.months.load(user, month_request(), req.until);
    auto payees = co_await a.payees.meant(user, payees_named(body.value()), req.until);
    const auto j = begin_judging(std::move(read), body, std::move(payees));
    keyed_try out;
    const bool same = co_await judge_all(a, user, *j, req.until);
    if (!same) co_return out;
    refuse_if_atomic(*j);
    const auto entries = j->accepted();
    std::optional<uuid> act;
    if (!entries.empty()) act = new_uuid();
    out.answer = answer_of(*j, act);
    if (entries.empty()) {
        const keyed_answer refused{key, out.answer, wall::now()};
        out.came = co_await a.kept_answers.keep(user, refused, req.until);
        co_return out;
    }
    const keyed_answer answer{key, out.answer, entries.front().created_at};
    signed_store mine(a.db, writer(*req.who));
    out.came = co_await mine.create_many(user, entries, j->from(), answer, act, req.until);
    co_return out;
}

}  // namespace

awaitable<http::response> batch_transactions(http::request& req, app& a) {
    return write_keyed(req, a, try_batch, batch_form);
}

}  // namespace mita::finance

// POST /v1/transactions:bulk: one change of up to a thousand transactions, each as a PATCH of it would do it, all or
// none, in one statement; undone as one act (changes_undo.cpp).
#include "core/error.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/handlers/judged_together.hpp"
#include "finance/handlers/transaction_written.hpp"
#include "finance/handlers/write_keyed.hpp"
#include "finance/ledger/batch_body.hpp"
#include "finance/ledger/bulk_body.hpp"
#include "finance/ledger/signed_store.hpp"
#include "finance/ledger/transaction_page_store.hpp"
#include "finance/month/month_loader.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

constexpr int read_at_once = 500;
constexpr std::size_t most_findings = 100;

struct bulk : judged_together {
    bulk(loaded_month n, json_document& body)
        : judged_together(std::move(n)), rules(rules_of(now.facts)), asked(read_bulk(body, rules)) {}

    entry_rules rules;
    bulk_request asked;
    std::vector<transaction> found, to;  // found: as they are; to: those that become another
    std::vector<field_error> findings;
    bool moved = false;

    void refuse(std::string pointer, const std::string& code, std::string detail) {
        const auto same = [&](const field_error& f) { return f.pointer == pointer && f.code == code; };
        if (findings.size() < most_findings && (asked.ids || std::ranges::none_of(findings, same)))
            findings.push_back({std::move(pointer), code, std::move(detail)});
    }
};

std::unique_ptr<bulk> begin_bulk(loaded_month now, json_document& body) {
    return std::make_unique<bulk>(std::move(now), body);
}

// In the order they were asked for; who is not there, or deleted, is said.
void take_found(bulk& b, std::vector<transaction> found) {
    for (std::size_t at = 0; at < b.asked.ids->size(); ++at) {
        const auto it = std::ranges::find(found, b.asked.ids->at(at), &transaction::id);
        if (it == found.end() || it->deleted_at)
            b.refuse(b.asked.pointer_of(at), "unknown_id", "No such transaction.");
        else
            b.found.push_back(*it);
    }
}

awaitable<void> find_all(app& a, const uuid& user, bulk& b, deadline d) {
    if (b.asked.ids) {
        auto found = co_await a.ledger.find(user, *b.asked.ids, d);
        take_found(b, std::move(found));
        co_return;
    }
    std::optional<transaction_place> from;
    do {
        auto page = co_await read_page(a.db, user, b.asked.filter, from, read_at_once, d);
        std::ranges::move(page.entries, std::back_inserter(b.found));
        from = page.next;
    } while (from && b.found.size() <= most_in_bulk);
    if (b.found.size() > most_in_bulk)
        b.refuse("/filter", "too_many", "It fits more than " + std::to_string(most_in_bulk) + " transactions.");
}

// What refuses one of them, told of the member that asks for it.
void refuse_one(bulk& b, std::size_t at, const api_error& e) {
    const auto id = b.found[at].id.str() + ": ";
    const auto where = b.asked.pointer_of(at);
    if (e.errors.empty()) b.refuse(where, e.code, id + e.what());
    for (const auto& f : e.errors) b.refuse(where, f.code, id + f.detail);
}

awaitable<bool> judge_one(app& a, const uuid& user, bulk& b, const transaction& before, deadline d) {
    auto t = changed(before, b.asked.change, b.rules);
    if (t.version == before.version) co_return true;
    const bool moves = moves_money(t, before);
    if (!t.bill_id.empty() && moves) {
        co_await check_linked(a, user, b.now.facts, t, d);
    }
    if (moves) {
        const bool known = co_await know_months(a, user, b, t, false, d);
        if (!known) co_return false;
    }
    require_rooms(b, &before, &t);
    put(b, &before, &t);
    b.moved = b.moved || moves;
    b.to.push_back(std::move(t));
    co_return true;
}

// false: of another state by now.
awaitable<bool> judge_changes(app& a, const uuid& user, bulk& b, deadline d) {
    for (std::size_t at = 0; at < b.found.size(); ++at) {
        bool same = true;
        co_await let_others(a, at);
        try {
            same = co_await judge_one(a, user, b, b.found[at], d);
        } catch (const api_error& e) {
            refuse_one(b, at, e);
        }
        if (!same) co_return false;
    }
    co_return true;
}

void refuse_if_found(bulk& b) {
    if (b.findings.empty()) return;
    const auto beyond = [](const field_error& f) { return f.code == "amount_overflow"; };
    if (std::ranges::all_of(b.findings, beyond)) {
        const auto detail = b.findings.front().detail;
        throw api_error(422, "amount_overflow", detail, std::move(b.findings));
    }
    throw api_error(422, "validation_failed", "The request has invalid members.", std::move(b.findings));
}

http::response answer_of(bulk& b, const std::optional<uuid>& act) {
    const auto effect = effect_of_all(b, b.moved);
    json_out out(b.now.facts.who.currency, 1024);
    out.open('{').field("matched", static_cast<std::int64_t>(b.found.size()));
    out.field("changed", static_cast<std::int64_t>(b.to.size()));
    append_change_id(out, act);
    append_effect(out, effect);
    out.close('}');
    return http::json(200, std::move(out.text));
}

awaitable<keyed_try> try_bulk(app& a, const http::request& req, json_document& body, const keyed_request* key) {
    const uuid user = req.who->user_id;
    auto read = co_await a.months.load(user, month_request(), req.until);
    const auto b = begin_bulk(std::move(read), body);
    co_await find_all(a, user, *b, req.until);
    keyed_try out;
    if (b->findings.empty()) {
        const bool same = co_await judge_changes(a, user, *b, req.until);
        if (!same) co_return out;
    }
    refuse_if_found(*b);
    std::optional<uuid> act;
    if (!b->to.empty()) act = new_uuid();
    out.answer = answer_of(*b, act);
    const keyed_answer answer{key, out.answer, b->rules.now};
    if (b->to.empty()) {
        out.came = co_await a.kept_answers.keep(user, answer, req.until);
        co_return out;
    }
    signed_store mine(a.db, writer(*req.who));
    out.came = co_await mine.change_many(user, b->to, b->from(), answer, act, req.until);
    co_return out;
}

}  // namespace

awaitable<http::response> bulk_transactions(http::request& req, app& a) { return write_keyed(req, a, try_bulk); }

}  // namespace mita::finance

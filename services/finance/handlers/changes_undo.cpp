// POST /v1/changes/{id}:undo: everything that a batch, a bulk change or an undo changed is what it was before, or
// nothing is. An act itself, that can be undone.
#include "core/error.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/handlers/put_back.hpp"
#include "finance/handlers/transaction_written.hpp"
#include "finance/handlers/write_keyed.hpp"
#include "finance/ledger/signed_store.hpp"
#include "finance/ledger/version_store.hpp"
#include "finance/month/month_loader.hpp"
#include "finance/wire/fields.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

constexpr std::size_t most_findings = 100;

const transaction* one_of(const std::vector<transaction>& by_id, const uuid& id) {
    const auto found = std::ranges::lower_bound(by_id, id, {}, &transaction::id);
    return found != by_id.end() && found->id == id ? &*found : nullptr;
}

// Do both show the same? Whatever happened in between was undone, then.
bool same_content(const transaction& a, const transaction& b) {
    if (a.deleted_at.has_value() != b.deleted_at.has_value() || a.counts != b.counts) return false;
    auto like = b;
    like.updated_at = a.updated_at;
    json_out one(a.currency), other(b.currency);
    append(one, a);
    append(other, like);
    return one.text == other.text;
}

// What an act is undone by: its transactions as they are, as it made them, and as they were before.
struct known_act {
    transaction_act act;
    std::vector<transaction> now, made, then;

    // nullptr: not kept any more.
    const transaction* made_of(std::size_t n) const {
        const auto* is = one_of(now, act.entries[n]);
        return is != nullptr && is->version == act.versions[n] ? is : one_of(made, act.entries[n]);
    }
};

// Each as it was before the act made a version of it. Throws api_error 409 changed_since, naming those that are not
// what it made of them.
std::vector<step_back> steps_of(const known_act& k, const entry_rules& rules) {
    std::vector<step_back> out;
    std::vector<field_error> others;
    for (std::size_t n = 0; n < k.act.entries.size(); ++n) {
        const auto* is = one_of(k.now, k.act.entries[n]);
        const auto* made = k.made_of(n);
        const auto* was = one_of(k.then, k.act.entries[n]);
        const bool whole = is != nullptr && made != nullptr && (was != nullptr) == (k.act.versions[n] > 1);
        if (whole && same_content(*is, *made))
            out.push_back({*is, was != nullptr ? back_to(*is, *was, rules) : deleted_again(*is, rules)});
        else if (others.size() < most_findings)
            others.push_back({"/transactions/" + k.act.entries[n].str(), "changed_since", "It was changed since."});
    }
    if (!others.empty())
        throw api_error(409, "changed_since", "Some of its transactions were changed since: nothing is undone.",
                        std::move(others));
    return out;
}

std::vector<std::int64_t> ones_before(std::vector<std::int64_t> versions) {
    for (auto& v : versions) --v;
    return versions;
}

awaitable<std::unique_ptr<known_act>> read_act(app& a, const uuid& user, const uuid& id, deadline d) {
    version_store versions(a.db);
    auto act = co_await versions.act(user, id, d);
    if (!act) throw api_error(404, "not_found", "No such change, or it is too old to be undone.");
    auto out = std::make_unique<known_act>();
    out->act = std::move(*act);
    out->now = co_await a.ledger.find(user, out->act.entries, d);
    out->made = co_await versions.former(user, out->act.entries, out->act.versions, d);
    out->then = co_await versions.former(user, out->act.entries, ones_before(out->act.versions), d);
    co_return out;
}

awaitable<bool> judge_all(app& a, const uuid& user, judged_together& j, std::vector<step_back>& steps, deadline d) {
    std::vector<field_error> findings;
    for (std::size_t n = 0; n < steps.size(); ++n) {
        bool same = true;
        co_await let_others(a, n);
        try {
            same = co_await judge(a, user, j, steps[n], d);
        } catch (const api_error& e) {
            if (findings.size() < most_findings)
                findings.push_back({"/transactions/" + steps[n].before.id.str(), e.code, e.what()});
        }
        if (!same) co_return false;
    }
    if (!findings.empty())
        throw api_error(422, "validation_failed",
                        "Some of its transactions cannot be what they were: nothing is undone.", std::move(findings));
    co_return true;
}

http::response undone(judged_together& j, const std::vector<step_back>& steps, const uuid& act) {
    const auto effect = effect_of_all(j, true);
    json_out out(j.now.facts.who.currency, 1024);
    out.open('{').field("undone", static_cast<std::int64_t>(steps.size()));
    append_change_id(out, act);
    append_effect(out, effect);
    out.close('}');
    return http::json(200, std::move(out.text));
}

awaitable<keyed_try> try_undo(app& a, const http::request& req, json_document& body, const keyed_request* key) {
    const uuid user = req.who->user_id;
    const auto id = parse_path_id(req.params[0]);
    const deadline d = req.until;
    refuse_members(body);
    auto read = co_await a.months.load(user, month_request(), d);
    const auto j = std::make_unique<judged_together>(std::move(read));
    const auto known = co_await read_act(a, user, id, d);
    const auto rules = rules_of(j->now.facts);
    auto steps = steps_of(*known, rules);
    keyed_try out;
    const bool same = co_await judge_all(a, user, *j, steps, d);
    if (!same) co_return out;
    const auto act = new_uuid();
    out.answer = undone(*j, steps, act);
    std::vector<transaction> to;
    for (auto& s : steps) to.push_back(std::move(s.after));
    const keyed_answer answer{key, out.answer, rules.now};
    signed_store mine(a.db, writer(*req.who));
    out.came = co_await mine.change_many(user, to, j->from(), answer, act, d);
    co_return out;
}

}  // namespace

awaitable<http::response> undo_change(http::request& req, app& a) {
    return write_keyed(req, a, try_undo, without_body);
}

}  // namespace mita::finance

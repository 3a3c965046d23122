// POST /v1/accounts/{id}/checkpoints/{checkpoint}:reconcile and :unreconcile: what is booked until a day is what the
// bank said, so it is cleared; and taking that back.
#include "core/error.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/handlers/known_checkpoints.hpp"
#include "finance/handlers/write_keyed.hpp"
#include "http/conditional.hpp"

#include <string>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

constexpr std::int64_t most_cleared = 5'000;  // transactions of one checkpoint: one statement writes them all

http::response answer_of_clearing(const checkpoint& c, std::int64_t transactions) {
    json_out out;
    out.open('{').key("checkpoint");
    append(out, c);
    out.field("transactions", transactions).close('}');
    auto answer = http::json(200, std::move(out.text));
    http::with_etag(answer, tag_of(c));
    return answer;
}

void refuse_drift(const checked_balance& c) {
    if (c.holds()) return;
    const auto in_units = [&c](amount a) { return std::to_string(a) + " (minor units of " + c.what.currency + ")"; };
    auto detail = "Until " + format_day(c.what.on) + " " + in_units(c.booked) + " is booked, the bank said " +
                  in_units(c.what.balance) + ": the difference is " + std::to_string(c.booked - c.what.balance) + ".";
    if (c.drifts_from) detail += " It drifts from " + format_day(*c.drifts_from) + " on.";
    throw api_error(409, "drift", std::move(detail));
}

void refuse_too_many_marks(const checkpoint_store::marks& marks) {
    if (marks.open + marks.all <= most_cleared) return;
    auto detail = "It would clear more than " + std::to_string(most_cleared) +
                  " transactions, too many for one write: reconcile an earlier checkpoint first.";
    std::vector<field_error> errors{{"", "too_many", detail}};
    throw api_error(422, "validation_failed", std::move(detail), std::move(errors));
}

// As it is after one more write.
checkpoint written_anew(checkpoint c, wall::time_point now) {
    ++c.version;
    c.updated_at = now;
    return c;
}

awaitable<keyed_try> try_reconcile(app& a, const http::request& req, json_document& body, const keyed_request* key) {
    refuse_members(body);
    const auto which = checkpoint_named_in(req);
    const deadline d = req.until;
    const auto known = co_await checkpoints_of(a, which.user, which.account, d);
    const auto& found = checkpoint_or_404(known, which.id);
    refuse_drift(found);
    const auto marks = co_await a.checkpoints.count_marks(which.user, found.what, most_cleared + 1, d);
    refuse_too_many_marks(marks);
    keyed_try out;
    if (found.what.reconciled_at && marks.open == 0) {
        out.answer = answer_of_clearing(found.what, 0);
        const keyed_answer same{key, out.answer, wall::now()};
        out.came = co_await a.kept_answers.keep(which.user, same, d);
        co_return out;
    }
    auto now = written_anew(found.what, wall::now());
    now.reconciled_at = now.updated_at;
    out.answer = answer_of_clearing(now, marks.open);
    const keyed_answer answer{key, out.answer, now.updated_at};
    out.came = co_await a.checkpoints.reconcile(which.user, now, known.version, answer, writer(*req.who), d);
    co_return out;
}

awaitable<keyed_try> try_unreconcile(app& a, const http::request& req, json_document& body, const keyed_request* key) {
    refuse_members(body);
    const auto which = checkpoint_named_in(req);
    const deadline d = req.until;
    const auto known = co_await checkpoints_of(a, which.user, which.account, d);
    const auto& found = checkpoint_or_404(known, which.id).what;
    if (!found.reconciled_at) throw api_error(409, "not_reconciled", "It is not reconciled.");
    const auto marks = co_await a.checkpoints.count_marks(which.user, found, most_cleared + 1, d);
    auto now = written_anew(found, wall::now());
    now.reconciled_at.reset();
    keyed_try out;
    out.answer = answer_of_clearing(now, marks.live);
    const keyed_answer answer{key, out.answer, now.updated_at};
    out.came = co_await a.checkpoints.take_back(which.user, now, known.version, answer, writer(*req.who), d);
    co_return out;
}

}  // namespace

awaitable<http::response> reconcile_checkpoint(http::request& req, app& a) {
    return write_keyed(req, a, try_reconcile, without_body);
}

awaitable<http::response> unreconcile_checkpoint(http::request& req, app& a) {
    return write_keyed(req, a, try_unreconcile, without_body);
}

}  // namespace mita::finance

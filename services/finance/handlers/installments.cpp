// /v1/installments: what is paid back in parts. Installment plans stand in the plan inputs; these calls show and change
// one of them, by the one way a plan changes. Its parts are reserved and met as bills are.
#include "finance/handlers/installments.hpp"

#include "core/error.hpp"
#include "finance/handlers/change_plan.hpp"
#include "finance/installments/installment_body.hpp"
#include "finance/installments/installment_json.hpp"
#include "finance/month/installment_quote.hpp"
#include "finance/month/month_loader.hpp"
#include "finance/month/settlements.hpp"
#include "finance/month/what_if.hpp"
#include "finance/plan/installment_parts.hpp"
#include "http/conditional.hpp"
#include "http/page.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

constexpr std::string_view blamed_principal = "/principal_money";  // when the plan does not hold with it

using installment = plan_inputs::installment;

std::vector<installment> installments_in(const loaded_month& got) {
    if (got.facts.who.plan_version == 0) return {};
    auto all = got.facts.in_force().installments;
    std::ranges::sort(all, {}, &installment::id);
    return all;
}

std::vector<installment>::iterator installment_or_404(std::vector<installment>& all, std::string_view id) {
    const auto found = std::ranges::find(all, id, &installment::id);
    if (found == all.end()) throw api_error(404, "not_found", "No such installment plan.");
    return found;
}

http::response installment_written(unsigned status, const installment& i, const std::string& currency) {
    auto text = text_of(i, currency);
    const auto tag = http::tag_of_text(text);
    auto answer = http::json(status, std::move(text));
    http::with_etag(answer, tag);
    return answer;
}

// What was booked for which part, as far as anybody looks: a part that is paid early is of the months around.
installment_past past_of(const loaded_month& got, const installment& i) {
    const settlements met(got.facts);
    installment_past past;
    for (const auto& p : schedule_of(i.what)) {
        const bool paid = p.day >= i.since && !met.of_bill(part_id(i, p)).entries.empty();
        if (p.payoff)
            past.payoff_stands = paid || p.day < got.today;
        else if (paid)
            past.paid = p.number;
    }
    return past;
}

// The transaction the body names, when it is the person's and there.
awaitable<std::optional<uuid>> bought_with(http::request& req, app& a) {
    const auto named = transaction_named(req.body);
    if (!named) co_return std::nullopt;
    const auto found = co_await a.ledger.find(req.who->user_id, *named, req.until);
    co_return found && !found->deleted_at ? named : std::nullopt;
}

}  // namespace

awaitable<http::response> list_installments(http::request& req, app& a) {
    const uuid user = req.who->user_id;
    const http::pager pages(req, a.all.cursors, user);
    const auto got = co_await a.months.load(user, {}, req.until);
    const auto all = installments_in(got);
    const auto place = [](const installment& i) { return i.id; };
    const auto page = pages.cut(std::span(all), place);
    json_out out(got.facts.who.currency, 4096);
    out.open('{').key("data").open('[');
    for (const auto& i : page.items) append(out, i, parts_shown::no);
    co_return http::tagged_by_text(req, pages.answer(out.end_list(page.next), page.next));
}

awaitable<http::response> read_installment(http::request& req, app& a) {
    http::refuse_query(req);
    const auto got = co_await a.months.load(req.who->user_id, {}, req.until);
    auto all = installments_in(got);
    auto text = text_of(*installment_or_404(all, req.params[0]), got.facts.who.currency);
    const auto tag = http::tag_of_text(text);
    co_return http::json_with_etag(req, std::move(text), tag);
}

awaitable<http::response> create_installment(http::request& req, app& a) {
    http::refuse_query(req);
    const auto bought = co_await bought_with(req, a);
    const plan_addition add = [bought](json_document& body, const loaded_month& got, plan_inputs& inputs) {
        auto made = read_new_installment(body, {got.facts.book, inputs, got.today, bought});
        auto answer = installment_written(201, made, inputs.currency);
        http::with_header(answer, "Location", "/v1/installments/" + made.id);
        inputs.installments.push_back(std::move(made));
        return answer;
    };
    auto answer = co_await add_to_plan(req, a, blamed_principal, add);
    co_return answer;
}

awaitable<http::response> patch_installment(http::request& req, app& a) {
    http::refuse_query(req);
    const auto bought = co_await bought_with(req, a);
    const plan_edit edit = [&req, bought](const loaded_month& got, plan_inputs& inputs) {
        const auto which = installment_or_404(inputs.installments, req.params[0]);
        http::require_if_match(req, http::tag_of_text(text_of(*which, inputs.currency)));
        const installment_rules rules{got.facts.book, inputs, got.today, bought};
        *which = read_installment_patch(req.body, *which, rules, past_of(got, *which));
        return installment_written(200, *which, inputs.currency);
    };
    auto answer = co_await change_plan(req, a, "/payoff_on", edit);
    co_return answer;
}

awaitable<http::response> delete_installment(http::request& req, app& a) {
    http::refuse_query(req);
    const plan_edit edit = [&req](const loaded_month&, plan_inputs& inputs) {
        const auto which = installment_or_404(inputs.installments, req.params[0]);
        http::require_if_match(req, http::tag_of_text(text_of(*which, inputs.currency)));
        inputs.installments.erase(which);
        return http::empty(204);
    };
    auto answer = co_await change_plan(req, a, blamed_principal, edit);
    co_return answer;
}

awaitable<http::response> quote_installment(http::request& req, app& a) {
    http::refuse_query(req);
    month_request what;
    what.all_later = true;
    what.transactions = transactions_seen;
    const auto got = co_await a.months.load(req.who->user_id, what, req.until);
    require_plan(got);
    const auto inputs = got.facts.in_force();
    json_document body(req.body);
    const auto wanted = read_installment_quote(body, {got.facts.book, inputs, got.today, std::nullopt});
    co_return http::json(200, quote_json(quote_of(got, wanted), wanted, inputs.currency));
}

}  // namespace mita::finance

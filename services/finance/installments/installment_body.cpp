#include "finance/installments/installment_body.hpp"

#include "core/error.hpp"
#include "finance/categories/category_fields.hpp"
#include "finance/wire/fields.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace mita::finance {

namespace {

constexpr std::size_t longest_installment_name = 100;
constexpr civil_day first_due = std::chrono::year(1970) / 1 / 1, last_due = std::chrono::year(2199) / 12 / 31;

struct installment_reader {
    json_document& doc;
    json_object in;
    const installment_rules& rules;

    void category(plan_inputs::installment& i) {
        const auto* given = in.raw("category");
        const bool text = given != nullptr && given->is_string();
        if (text && !i.category.empty() && std::string_view(given->get_string()) == i.category) return;
        i.category = read_category(in, "category", rules.book).value_or("");
        const auto* entry = rules.book.find(i.category);
        if (entry != nullptr && entry->cls == category_class::income)
            in.fail("category", "income_category", "An income category has no budget and no bills.");
    }

    void bought(plan_inputs::installment& i) {
        const auto id = read_reference(in, "transaction_id");
        if (id && id->str() == i.transaction) return;
        i.transaction = id ? id->str() : std::string();
        if (id && rules.bought != id) in.fail("transaction_id", "unknown_transaction", "No such transaction.");
    }

    void first_day(installment_terms& t) {
        const auto day = read_day(in, "first_on");
        if (!day) return;
        t.first = *day;
        if (*day < first_due || *day > last_due) in.fail("first_on", "invalid_date", "From 1970-01-01 to 2199-12-31.");
    }

    void terms(installment_terms& t) {
        t.principal = read_money(in, "principal_money", rules.inputs.currency, 1, max_amount).value_or(0);
        t.count = static_cast<int>(in.integer("count", fewest_parts, most_parts));
        t.interest_bp = static_cast<int>(in.optional_integer("interest_bp", 0, most_interest_bp).value_or(0));
        first_day(t);
    }

    // When the members are right by themselves.
    void judge(const plan_inputs::installment& i) {
        if (doc.failed()) return;
        const auto parts = schedule_of(i.what);
        if (parts.empty())
            in.fail("principal_money", "out_of_range", "Each part must pay something of it back.");
        else if (!whole_sum(parts))
            in.fail("principal_money", "amount_overflow", "The sum of the parts leaves the range of exact amounts.");
        else if (parts.back().day < rules.today)
            in.fail("first_on", "invalid_date", "All parts would be of past days.");
        if (doc.failed()) return;
        auto all = rules.inputs;
        all.installments.push_back(i);
        if (all.installments.size() > most_installments)
            doc.fail("", "too_many", "At most " + std::to_string(most_installments) + " installment plans.");
        check_load(all, [this](std::string_view list, std::string code, std::string detail) {
            if (list == "installments") in.fail("principal_money", std::move(code), std::move(detail));
        });
    }

    // All that is left becomes due on a day from today on; what is due before it or has been paid already stands.
    void payoff(plan_inputs::installment& i, int paid) {
        if (in.is_null("payoff_on")) {
            in.ignore("payoff_on");
            i.what.payoff.reset();
            return;
        }
        const auto day = read_day(in, "payoff_on");
        if (!day || (i.what.payoff && i.what.payoff->on == *day)) return;
        i.what.payoff.reset();
        const auto parts = schedule_of(i.what);
        const auto before = [&day](const installment_part& p) { return p.day < *day; };
        const auto due = static_cast<int>(std::ranges::count_if(parts, before));
        i.what.payoff = early_payoff{*day, std::max(due, paid)};
        if (*day < rules.today)
            in.fail("payoff_on", "invalid_date", "What is over stays as it was: from today on.");
        else if (i.what.payoff->standing >= i.what.count)
            in.fail("payoff_on", "invalid_date", "Nothing of it is left on that day.");
    }
};

}  // namespace

std::optional<uuid> transaction_named(std::string_view body) {
    json_document doc(body);
    auto in = doc.object();
    const auto* given = in.raw("transaction_id");
    if (given == nullptr || !given->is_string()) return std::nullopt;
    return uuid::parse(std::string_view(given->get_string()));
}

plan_inputs::installment read_new_installment(json_document& doc, const installment_rules& rules) {
    installment_reader body{doc, doc.object(), rules};
    auto& in = body.in;
    plan_inputs::installment i;
    const auto id = in.optional_id("id");
    if (id && !acceptable_client_id(*id))
        in.fail("id", "invalid_id", "Must be a UUID of version 7 whose clock is at most 24 hours off.");
    i.id = (id ? *id : new_uuid()).str();
    i.name = read_name(in, "name", longest_installment_name);
    i.since = rules.today;
    body.category(i);
    body.terms(i.what);
    body.bought(i);
    body.judge(i);
    finish_body(doc);
    const auto& there = rules.inputs.installments;
    if (std::ranges::find(there, i.id, &plan_inputs::installment::id) != there.end())
        throw api_error(409, "already_exists", "An installment plan with this id exists.");
    return i;
}

plan_inputs::installment read_installment_quote(json_document& doc, const installment_rules& rules) {
    installment_reader body{doc, doc.object(), rules};
    plan_inputs::installment i;
    i.id = new_uuid().str();
    i.name = "-";
    i.since = rules.today;
    body.category(i);
    body.terms(i.what);
    body.judge(i);
    finish_body(doc);
    return i;
}

plan_inputs::installment read_installment_patch(std::string_view text, const plan_inputs::installment& before,
                                                const installment_rules& rules, const installment_past& past) {
    json_document doc(text);
    installment_reader body{doc, doc.object(), rules};
    auto& in = body.in;
    auto i = before;
    if (const auto* root = doc.value().if_object(); root != nullptr && root->empty())
        doc.fail("", "empty_patch", "Name at least one member to change.");
    if (in.has("name")) i.name = read_name(in, "name", longest_installment_name, {&before.name, 1});
    if (in.has("category")) body.category(i);
    if (in.has("transaction_id")) body.bought(i);
    if (in.has("payoff_on")) body.payoff(i, past.paid);
    finish_body(doc);
    if (past.payoff_stands && i.what.payoff != before.what.payoff)
        throw api_error(409, "paid_off", "It has been paid off: what was paid and what is of past days stays.");
    return i;
}

}  // namespace mita::finance

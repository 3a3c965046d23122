#include "finance/month/month_view.hpp"

#include "finance/domain/entry_match.hpp"
#include "finance/month/carry.hpp"
#include "finance/plan/plan_months.hpp"
#include "finance/wire/refusals.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mita::finance {

namespace {

period_ptr preview_of(const month_facts& f, const period& over) {
    const auto last = f.last_opened();
    if (!last || f.inputs_text.empty() || over.start <= last->start()) return nullptr;
    const auto count = static_cast<int>(f.rules.steps(last->start(), over.start));
    auto planned = plan_months(f.in_force(), f.book, *f.who.planned_from, f.next_start(), count);
    if (!planned) require(planned.error());
    return std::make_shared<const stored_period>(std::move(planned->back()));
}

// Baselines and mornings of days [from, to) by one revision.
void fill_days(month_view& v, const month_input& in, const month_plan& plan, int from, int to) {
    morning_table mornings;
    const bool past = from < std::min(to, v.today_index);
    if (past) require(compute_mornings(in, mornings));
    for (std::size_t c = 0; c < v.categories.size(); ++c) {
        auto& view = v.categories[c];
        for (int d = from; d < to; ++d) {
            const auto i = static_cast<std::size_t>(d);
            view.baseline[i] = plan.categories[c].baseline[i];
            view.budget[i] = d < v.today_index ? mornings.budget[c][i] : plan.categories[c].day_budget(d);
        }
    }
}

// Which of the payments, in their order, settles it: the first that fits, or with which they reach it.
uuid settling(const obligation& o, const std::vector<entry_view>& payments) {
    expected_entry whole;
    whole.value = o.value;
    whole.least = o.least;
    wide sum = 0;
    for (const auto& p : payments) {
        sum += p.value;
        if (sum >= o.value || fits_amount(whole, p.value)) return p.transaction_id;
    }
    return payments.back().transaction_id;
}

bill_view look_at(const month_facts& f, const settlements& met, const obligation& o, civil_day today) {
    bill_view b;
    b.what = o;
    const auto& found = met.of_bill(o.id);
    wide paid = 0;
    for (const auto i : found.entries) {
        b.payments.push_back({f.payments[i].transaction_id, f.payments[i].booked_on, f.payments[i].value});
        paid += f.payments[i].value;
    }
    b.paid = static_cast<amount>(std::min<wide>(paid, max_amount));
    if (found.settled_on) {
        b.paid_on = *found.settled_on;
        b.paid_by = settling(o, b.payments);
    }
    const bool outside = o.day < *f.who.onboarded_on;
    if (b.paid_on || outside)
        b.status = bill_status::paid;
    else if (o.day > today)
        b.status = bill_status::upcoming;
    else
        b.status = o.day == today ? bill_status::due : bill_status::overdue;
    return b;
}

void fill_bills(const month_facts& f, const settlements& met, month_view& v) {
    for (const auto& m : f.expects) {
        if (m.out_of_reach) continue;
        for (const auto& o : m.bills) {
            auto b = look_at(f, met, o, v.today);
            if (m.over == v.over)
                (of_budget(o) ? v.bills : v.transfers).push_back(std::move(b));
            else if (b.status == bill_status::paid)
                continue;
            else if (of_budget(o))
                (m.over.start < v.over.start ? v.earlier_bills : v.later_bills).push_back(std::move(b));
            else
                (m.over.start < v.over.start ? v.earlier_transfers : v.later_transfers).push_back(std::move(b));
        }
    }
    if (!v.preview) return;
    v.bills.clear();
    v.transfers.clear();
    for (const auto& o : v.budget->obligations)
        if (v.over.contains(o.day)) (of_budget(o) ? v.bills : v.transfers).push_back(look_at(f, met, o, v.today));
}

void fill_incomes(const month_facts& f, const settlements& met, month_view& v) {
    if (!v.budget) return;
    for (const auto& x : v.budget->incomes) {
        income_view i;
        i.what = x;
        const auto& found = met.of_income(x.id);
        income one;
        one.day = v.over.offset(x.day);
        one.value = x.value;
        if (found.settled_on) one.settled_on = v.over.offset(*found.settled_on);
        for (const auto e : found.entries) {
            const auto& pay = f.payments[e];
            one.receipts.push_back({v.over.offset(pay.booked_on), -pay.value});
            i.receipts.push_back({pay.transaction_id, pay.booked_on, -pay.value});
        }
        const int now = v.over.offset(v.today);
        i.received = received(one, now);
        if (is_final(one, now))
            i.state = income_state::received;
        else
            i.state = i.received > 0 ? income_state::partly : income_state::expected;
        v.incomes.push_back(std::move(i));
    }
}

// What was spent on the days before the plan: shown there, counted nowhere.
void show_days_before_plan(const month_facts& f, month_view& v) {
    if (!v.budget) return;
    for (const auto& a : f.actuals) {
        if (!v.over.contains(a.day) || !before_plan(f, a.day)) continue;
        if (const auto at = v.find(a.category))
            v.categories[*at].spent[static_cast<std::size_t>(v.over.offset(a.day))] += a.spent;
    }
}

}  // namespace

std::string_view bill_status_name(bill_status s) {
    constexpr std::array<std::string_view, 4> names{"upcoming", "due", "overdue", "paid"};
    return names[static_cast<std::size_t>(s)];
}

std::string_view income_state_name(income_state s) {
    constexpr std::array<std::string_view, 3> names{"expected", "partly_received", "received"};
    return names[static_cast<std::size_t>(s)];
}

std::optional<std::size_t> month_view::find(std::string_view category) const {
    const auto found = std::ranges::find(categories, category, &category_view::id);
    if (found == categories.end()) return std::nullopt;
    return static_cast<std::size_t>(found - categories.begin());
}

std::string_view month_view::status() const {
    if (!budget) return "no_plan";
    return budget->budget.problem ? "infeasible" : "ok";
}

amount month_view::budget_of(int day) const {
    wide sum = 0;
    for (const auto& c : categories) sum += c.budget[static_cast<std::size_t>(day)];
    const auto total = narrow128(sum);
    if (!total) require(fault::amount_overflow);
    return *total;
}

amount month_view::spent_of(int day) const {
    wide sum = 0;
    for (const auto& c : categories) sum += c.spent[static_cast<std::size_t>(day)];
    const auto total = narrow128(sum);
    if (!total) require(fault::amount_overflow);
    return *total;
}

month_view view_month(const month_facts& f, civil_day in, civil_day today) {
    month_view v;
    v.over = f.rules.containing(in);
    v.today = today;
    v.today_index = v.over.today_index(today);
    v.currency = f.who.currency;
    auto revisions = f.revisions_of(v.over.start);
    if (revisions.empty()) {
        if (auto p = preview_of(f, v.over)) {
            revisions.push_back(std::move(p));
            v.preview = true;
        }
    }
    if (!revisions.empty()) v.budget = revisions.back();
    const settlements met(f);
    auto before = v.budget ? brought_into(f, met, revisions, today) : from_before();
    v.swept = std::move(before.swept);
    const auto& carried = before.into;
    const auto columns = columns_of(f, revisions, v.over, carried);
    for (const auto& c : columns) {
        category_view view;
        view.id = c.id;
        view.cls = c.cls;
        const auto* entry = f.book.find(c.id);
        view.archived = entry != nullptr && entry->archived;
        v.categories.push_back(std::move(view));
    }

    v.in = input_of(f, met, columns, v.budget.get(), v.over, today, carried);
    require(compute_month(v.in, v.plan));
    for (std::size_t i = 0; i < columns.size(); ++i) {
        auto& view = v.categories[i];
        view.spent = v.in.categories[i].actual;
        view.rule = v.in.categories[i].rule;
        view.planned = v.in.categories[i].budget != 0;
        wide total = v.plan.categories[i].elsewhere;
        for (int d = 0; d < v.days(); ++d) total += view.spent[static_cast<std::size_t>(d)];
        const auto narrow = narrow128(total);
        if (!narrow) require(fault::amount_overflow);
        view.spent_total = *narrow;
        view.plan = v.plan.categories[i];
    }
    // Which revision was in force on which days. One that begins after today (today came again after a move west) is
    // the current one all the same.
    int from = 0;
    for (std::size_t r = 0; r < revisions.size(); ++r) {
        const bool last = r + 1 == revisions.size();
        const int to =
            last ? v.days() : std::max(from, std::min(v.over.offset(revisions[r + 1]->from_day), v.today_index));
        if (from < to) {
            if (last) {
                fill_days(v, v.in, v.plan, from, to);
            } else {
                const auto in = input_of(f, met, columns, revisions[r].get(), v.over, today, carried);
                month_plan plan;
                require(compute_month(in, plan));
                fill_days(v, in, plan, from, to);
                for (std::size_t i = 0; i < columns.size(); ++i)
                    v.categories[i].planned = v.categories[i].planned || in.categories[i].budget != 0;
            }
        }
        from = to;
    }
    fill_bills(f, met, v);
    fill_incomes(f, met, v);
    show_days_before_plan(f, v);
    return v;
}

std::optional<amount> first_day_after(const month_facts& f, const month_view& v,
                                      std::optional<std::string_view> category) {
    const auto next = view_month(f, v.over.next, v.over.next);
    if (!next.budget) return std::nullopt;
    if (!category) return next.budget_of(0);
    const auto at = next.find(*category);
    return at ? next.categories[*at].budget[0] : 0;
}

explanation explain_in(const month_facts& f, const month_view& v, std::string_view category, int day) {
    const auto at = v.find(category);
    if (!at || !v.budget) {
        explanation none;
        none.terms.push_back({term_kind::baseline, 0, std::nullopt, std::nullopt});
        return none;
    }
    month_input in = v.in;
    if (!v.preview && day < v.today_index) {
        // The revision in force on that day: the last that begins by then, else the first.
        const auto revisions = f.revisions_of(v.over.start);
        period_ptr then = revisions.front();
        for (const auto& r : revisions)
            if (r->from_day <= v.over.day_at(day)) then = r;
        std::vector<column> columns;
        for (const auto& c : v.categories) columns.push_back({c.id, c.cls});
        const settlements met(f);
        const auto carried = brought_into(f, met, revisions, v.today).into;
        in = input_of(f, met, columns, then.get(), v.over, v.today, carried);
    }
    auto terms = explain_day(in, *at, day);
    if (!terms) require(terms.error());
    return std::move(*terms);
}

}  // namespace mita::finance

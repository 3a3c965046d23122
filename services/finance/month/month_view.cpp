#include "finance/month/month_view.hpp"

#include "finance/month/carry.hpp"
#include "finance/plan/plan_months.hpp"
#include "finance/wire/refusals.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mita::finance {

namespace {

period_ptr preview_of(const month_facts& f, year_month month) {
    const auto last = f.last_opened();
    if (!last || f.inputs_text.empty() || month <= last->month) return nullptr;
    const auto count = (month - last->month).count();
    auto planned = plan_months(f.in_force(), f.book, *f.who.planned_from, after(*last), static_cast<int>(count));
    if (!planned) require(planned.error());
    return std::make_shared<const stored_period>(std::move(planned->back()));
}

struct revision_work {
    period_ptr p;
    std::vector<std::optional<std::size_t>> paid;
    month_input in;
};

revision_work work_on(const month_facts& f, const std::vector<column>& columns, const month_view& v,
                      const period_ptr& p, const carries& carried) {
    revision_work w;
    w.p = p;
    if (p) w.paid = matches_of(f, *p);
    w.in = input_of(f, columns, p.get(), v.over, v.today_index, carried, w.paid);
    return w;
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

void fill_bills(const month_facts& f, month_view& v, const revision_work& current) {
    if (!current.p) return;
    for (std::size_t i = 0; i < current.p->obligations.size(); ++i) {
        const auto& o = current.p->obligations[i];
        if (!v.over.contains(o.day)) continue;
        bill_view b;
        b.what = o;
        if (current.paid[i]) {
            const auto& pay = f.payments[*current.paid[i]];
            b.paid_on = pay.booked_on;
            b.paid_by = pay.transaction_id;
        }
        const bool outside = o.day < *f.who.onboarded_on;
        if (b.paid_on || outside)
            b.status = bill_status::paid;
        else if (o.day > v.today)
            b.status = bill_status::upcoming;
        else
            b.status = o.day == v.today ? bill_status::due : bill_status::overdue;
        v.bills.push_back(std::move(b));
    }
}

}  // namespace

std::string_view bill_status_name(bill_status s) {
    constexpr std::array<std::string_view, 4> names{"upcoming", "due", "overdue", "paid"};
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

month_view view_month(const month_facts& f, year_month month, civil_day today) {
    month_view v;
    v.over = period_of(month);
    v.today = today;
    v.today_index = v.over.today_index(today);
    v.currency = f.who.currency;
    auto revisions = f.revisions_of(month);
    if (revisions.empty()) {
        if (auto p = preview_of(f, month)) {
            revisions.push_back(std::move(p));
            v.preview = true;
        }
    }
    if (!revisions.empty()) v.budget = revisions.back();
    const auto carried = v.budget ? carried_into(f, revisions, today) : carries();
    const auto columns = columns_of(f, revisions, v.over, carried);
    for (const auto& c : columns) {
        category_view view;
        view.id = c.id;
        view.cls = c.cls;
        v.categories.push_back(std::move(view));
    }

    auto current = work_on(f, columns, v, v.budget, carried);
    require(compute_month(current.in, v.plan));
    for (std::size_t i = 0; i < columns.size(); ++i) {
        auto& view = v.categories[i];
        view.spent = current.in.categories[i].actual;
        view.rule = current.in.categories[i].rule;
        view.planned = current.in.categories[i].budget != 0;
        wide total = 0;
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
                fill_days(v, current.in, v.plan, from, to);
            } else {
                const auto w = work_on(f, columns, v, revisions[r], carried);
                month_plan plan;
                require(compute_month(w.in, plan));
                fill_days(v, w.in, plan, from, to);
                for (std::size_t i = 0; i < columns.size(); ++i)
                    v.categories[i].planned = v.categories[i].planned || w.in.categories[i].budget != 0;
            }
        }
        from = to;
    }
    fill_bills(f, v, current);
    v.in = std::move(current.in);
    return v;
}

std::optional<amount> first_day_after(const month_facts& f, const month_view& v,
                                      std::optional<std::string_view> category) {
    const auto next = view_month(f, month_of(v.over.next), v.over.next);
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
        const auto revisions = f.revisions_of(v.over.label);
        period_ptr then = revisions.front();
        for (const auto& r : revisions)
            if (r->from_day <= v.over.day_at(day)) then = r;
        std::vector<column> columns;
        for (const auto& c : v.categories) columns.push_back({c.id, c.cls});
        in = work_on(f, columns, v, then, carried_into(f, revisions, v.today)).in;
    }
    auto terms = explain_day(in, *at, day);
    if (!terms) require(terms.error());
    return std::move(*terms);
}

}  // namespace mita::finance

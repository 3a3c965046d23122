#include "finance/month_view.hpp"

#include "core/error.hpp"
#include "finance/domain/bill_match.hpp"
#include "finance/planning.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

namespace mita::finance {

namespace {

using carries = std::map<std::string, amount, std::less<>>;

void require(fault why) {
    if (why == fault::none) return;
    throw api_error(422, "amount_overflow", "A sum leaves the range of exact amounts (2^53 - 1 minor units).");
}

struct column {
    std::string id;
    category_class cls;
};

// Every spend category of the revisions, with spending in the month or something carried into it, in display order.
std::vector<column> columns_of(const facts& f, const std::vector<period_ptr>& revisions, const period& over,
                               const carries& carried) {
    std::map<std::string, category_class, std::less<>> found;
    const auto add = [&](const std::string& category) {
        const auto* entry = f.book.find(category);
        const auto cls = entry == nullptr ? category_class::discretionary : entry->cls;
        if (cls != category_class::income) found.emplace(category, cls);
    };
    for (const auto& a : f.actuals)
        if (over.contains(a.day)) add(a.category);
    for (const auto& [category, _] : carried) add(category);
    for (const auto& r : revisions)
        for (const auto& c : r->budget.categories) found.insert_or_assign(c.id, c.cls);
    std::vector<std::pair<std::size_t, column>> order;
    for (const auto& [id, cls] : found) order.emplace_back(f.book.position(id), column{id, cls});
    std::ranges::sort(order, {}, [](const auto& o) { return std::tie(o.first, o.second.id); });
    std::vector<column> out;
    for (auto& o : order) out.push_back(std::move(o.second));
    return out;
}

std::optional<std::size_t> index_in(const std::vector<column>& columns, std::string_view id) {
    const auto found = std::ranges::find(columns, id, &column::id);
    if (found == columns.end()) return std::nullopt;
    return static_cast<std::size_t>(found - columns.begin());
}

// Which payment pays which obligation of the revision; index into f.payments.
std::vector<std::optional<std::size_t>> matches_of(const facts& f, const stored_period& p) {
    std::map<std::string_view, int> numbers;
    const auto number = [&numbers](std::string_view id) {
        return numbers.emplace(id, static_cast<int>(numbers.size())).first->second;
    };
    std::vector<expected_bill> bills;
    for (const auto& o : p.obligations) bills.push_back({o.id, number(o.category), o.day, o.value});
    std::vector<std::string> ids;
    for (const auto& pay : f.payments) ids.push_back(pay.transaction_id.str() + ":" + std::to_string(pay.n));
    std::vector<bill_payment> payments;
    for (std::size_t i = 0; i < f.payments.size(); ++i) {
        const auto& pay = f.payments[i];
        bill_payment b;
        b.id = ids[i];
        b.category = number(pay.category);
        b.booked_on = pay.booked_on;
        b.value = pay.value;
        b.link = pay.bill_id.empty() ? bill_link::automatic : bill_link::linked;
        b.bill_id = pay.bill_id;
        payments.push_back(b);
    }
    return match_bills(bills, payments);
}

// The engine's input for one revision over all columns.
month_input input_of(const facts& f, const std::vector<column>& columns, const stored_period* p, const period& over,
                     int today, const carries& carried, const std::vector<std::optional<std::size_t>>& paid) {
    month_input in;
    in.days = over.days();
    in.today = today;
    in.covering = f.who.cover && p != nullptr;
    in.categories.resize(columns.size());
    for (std::size_t i = 0; i < columns.size(); ++i) in.categories[i].cls = columns[i].cls;
    if (p != nullptr) {
        auto stored = month_from(p->budget, today);
        in.unallocated = stored.unallocated;
        for (std::size_t i = 0; i < p->budget.categories.size(); ++i) {
            const auto& id = p->budget.categories[i].id;
            const auto at = index_in(columns, id);
            in.categories[*at] = std::move(stored.categories[i]);
        }
        // Also into a category this revision has dropped: what is carried is conserved (P6).
        for (const auto& [category, value] : carried)
            if (const auto at = index_in(columns, category)) in.categories[*at].carry_in = value;
        for (std::size_t i = 0; i < p->obligations.size(); ++i) {
            const auto& o = p->obligations[i];
            const auto at = index_in(columns, o.category);
            if (!over.contains(o.day) || !at) continue;
            bill b;
            b.day = over.offset(o.day);
            b.value = o.value;
            if (paid[i]) b.paid_on = over.offset(f.payments[*paid[i]].booked_on);
            if (o.day < *f.who.onboarded_on && !b.paid_on) continue;  // paid outside, before joining
            in.categories[*at].bills.push_back(b);
        }
    }
    for (const auto& a : f.actuals) {
        if (!over.contains(a.day)) continue;
        if (const auto at = index_in(columns, a.category))
            in.categories[*at].actual[static_cast<std::size_t>(over.offset(a.day))] += a.spent;
    }
    return in;
}

// What the months before carry into this one; nothing while the month before is not closed.
carries carried_into(const facts& f, const stored_period& p, civil_day today) {
    carries into;
    for (auto month = p.chain_from; month < p.month; month += std::chrono::months{1}) {
        const auto over = period_of(month);
        const auto revisions = f.revisions_of(month);
        if (revisions.empty() || over.next > today) return {};
        const auto& last = *revisions.back();
        const auto columns = columns_of(f, {revisions.back()}, over, into);
        const auto in = input_of(f, columns, &last, over, over.days(), into, matches_of(f, last));
        month_plan closed;
        require(compute_month(in, closed));
        into.clear();
        for (const auto& c : last.budget.categories) {
            if (c.roll.kind == rollover_kind::none) continue;
            const auto at = index_in(columns, c.id);
            const auto carry = close_category(c.roll, closed.categories[*at].left_to_close()).carry_out;
            if (carry != 0) into.emplace(c.id, carry);
        }
    }
    return into;
}

period_ptr preview_of(const facts& f, year_month month) {
    const auto last = f.last_opened();
    if (!last || f.answers_text.empty() || month <= last->month) return nullptr;
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

revision_work work_on(const facts& f, const std::vector<column>& columns, const month_view& v, const period_ptr& p,
                      const carries& carried) {
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

void fill_bills(const facts& f, month_view& v, const revision_work& current) {
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

month_view view_month(const facts& f, year_month month, civil_day today) {
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
    // Every revision of a month has the same run of months before it.
    const auto carried = v.budget ? carried_into(f, *v.budget, today) : carries();
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

std::optional<amount> first_day_after(const facts& f, const month_view& v, std::optional<std::string_view> category) {
    const auto next = view_month(f, month_of(v.over.next), v.over.next);
    if (!next.budget) return std::nullopt;
    if (!category) return next.budget_of(0);
    const auto at = next.find(*category);
    return at ? next.categories[*at].budget[0] : 0;
}

explanation explain_in(const facts& f, const month_view& v, std::string_view category, int day) {
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
        in = work_on(f, columns, v, then, carried_into(f, *then, v.today)).in;
    }
    auto terms = explain_day(in, *at, day);
    if (!terms) require(terms.error());
    return std::move(*terms);
}

}  // namespace mita::finance

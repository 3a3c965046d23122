#include "finance/month/what_if.hpp"

#include "finance/month/facts_with_entry.hpp"
#include "finance/month/replan.hpp"

#include <algorithm>
#include <memory>
#include <tuple>
#include <utility>

namespace mita::finance {

namespace {

// As the database would have them after the replanning was written.
void put_months(month_facts& f, std::vector<stored_period> months) {
    for (auto& p : months) {
        const auto same = [&p](const period_ptr& x) { return x->start() == p.start() && x->revision == p.revision; };
        std::erase_if(f.periods, same);
        f.periods.push_back(std::make_shared<const stored_period>(std::move(p)));
    }
    std::ranges::sort(f.periods, {}, [](const period_ptr& p) { return std::tuple(p->start(), p->revision); });
}

// What the months from `first` on expect now; those before are what they were.
void expect_anew(month_facts& f, civil_day first) {
    const auto to_be_said = [first](const month_expects& m) { return !m.out_of_reach && m.over.start >= first; };
    std::erase_if(f.expects, to_be_said);
    for (auto p = f.periods.begin(); p != f.periods.end(); ++p) {
        const bool latest = p + 1 == f.periods.end() || (*(p + 1))->start() != (*p)->start();
        if (!latest || (*p)->start() < first) continue;
        month_expects m{(*p)->over(), {}, (*p)->incomes, false};
        for (const auto& o : (*p)->obligations)
            if (m.over.contains(o.day)) m.bills.push_back(o);
        f.expects.push_back(std::move(m));
    }
    f.expect_months_to_come();
}

// What may pay what another plan expects: the facts were read with what may pay what this one does.
void know_all_payments(month_facts& f) {
    for (const auto& t : f.transactions) {
        for (auto& p : payments_of(t)) {
            const auto same = [&p](const payment& x) { return x.transaction_id == p.transaction_id && x.n == p.n; };
            if (std::ranges::none_of(f.payments, same)) f.payments.push_back(std::move(p));
        }
    }
}

}  // namespace

month_facts facts_if(const loaded_month& got, const what_if& w, std::string_view named) {
    auto f = got.facts;
    if (w.plan) {
        put_months(f, replanned(got, *w.plan, got.today, named));
        f.inputs_text = to_json(*w.plan);
        expect_anew(f, f.rules.containing(got.today).start);
        know_all_payments(f);
    }
    for (const auto& t : w.entries) replace_entry(f, nullptr, &t);
    return f;
}

}  // namespace mita::finance

#include "finance/month/settlements.hpp"

#include "finance/domain/entry_match.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace mita::finance {

namespace {

// The numbers the matching knows categories and routes by.
template <class Key>
class numbering {
public:
    int of(const Key& key) { return known_.emplace(key, static_cast<int>(known_.size())).first->second; }

private:
    std::map<Key, int> known_;
};

struct side {
    std::vector<expected_entry> expected;
    std::vector<made_entry> made;
    std::vector<std::size_t> payments;  // of `made`
    std::map<std::string_view, std::size_t> by_key;

    void expect(const expected_entry& x) {
        by_key.emplace(occurrence_key(x.id), expected.size());
        expected.push_back(x);
    }

    void book(std::size_t index, const payment& pay, amount value, std::string_view id, int category, int route) {
        made_entry e;
        e.id = id;
        e.category = category;
        e.route = route;
        e.booked_on = pay.booked_on;
        e.value = value;
        if (!pay.bill_id.empty()) {
            e.link = entry_link::linked;
            const auto found = by_key.find(occurrence_key(pay.bill_id));
            if (found != by_key.end()) e.occurrence = expected[found->second].id;
        }
        made.push_back(e);
        payments.push_back(index);
    }
};

}  // namespace

bool is_income(const month_facts& f, std::string_view category) {
    const auto* entry = f.book.find(category);
    return entry != nullptr && entry->cls == category_class::income;
}

bool in_first_month_before_plan(const month_facts& f, civil_day day) {
    return before_plan(f, day) && f.rules.containing(*f.who.planned_from).contains(day);
}

bool before_plan(const month_facts& f, civil_day day) { return f.who.planned_from && day < *f.who.planned_from; }

settlements::settlements(const month_facts& f) : months_paid_(f.payments.size()), expected_(f.payments.size()) {
    numbering<std::string_view> numbers;
    numbering<std::optional<route>> routes;
    routes.of(std::nullopt);  // is 0
    side bills, incomes;
    // The days before the plan in its first month pay nothing of it by themselves.
    const auto begins = f.who.planned_from ? f.rules.containing(*f.who.planned_from).start : civil_day();
    const auto open = [&](expected_entry x) {
        if (before_plan(f, x.day)) return x;
        x.closed_from = begins;
        x.closed_to = *f.who.planned_from;
        return x;
    };
    for (const auto& m : f.expects) {
        if (!f.who.planned_from) break;
        for (const auto& o : m.bills) {
            expected_entry x{o.id, numbers.of(o.category), o.day, o.value, o.parts};
            x.least = o.least;
            x.route = routes.of(o.between);
            bills.expect(open(x));
        }
        for (const auto& i : m.incomes)
            incomes.expect(open({i.id, numbers.of(i.category), i.day, i.value, true, true}));
    }
    // Of a split that is linked, the lines of the bill's category pay; all of them when none is (linked before it
    // mattered).
    const auto beside = [&](const side& of, const payment& pay) {
        const auto found = of.by_key.find(occurrence_key(pay.bill_id));
        if (pay.bill_id.empty() || found == of.by_key.end()) return false;
        const int wanted = of.expected[found->second].category;
        if (numbers.of(pay.category) == wanted) return false;
        return std::ranges::any_of(f.payments, [&](const payment& other) {
            return other.transaction_id == pay.transaction_id && numbers.of(other.category) == wanted;
        });
    };
    std::vector<std::string> ids;
    for (const auto& pay : f.payments) ids.push_back(pay.transaction_id.str() + ":" + std::to_string(pay.n));
    for (std::size_t i = 0; i < f.payments.size(); ++i) {
        const auto& pay = f.payments[i];
        const bool in = is_income(f, pay.category);
        auto& mine = in ? incomes : bills;
        if (beside(mine, pay)) continue;
        mine.book(i, pay, in ? -pay.value : pay.value, ids[i], numbers.of(pay.category), routes.of(pay.between));
    }
    const auto keep = [&f, &ids](const side& of, by_key& into, auto each) {
        const auto found = match_entries(of.expected, of.made);
        for (std::size_t e = 0; e < of.made.size(); ++e) {
            if (!found.meets[e]) continue;
            const auto& x = of.expected[*found.meets[e]];
            into[std::string(occurrence_key(x.id))].entries.push_back(of.payments[e]);
            each(of.payments[e], x);
        }
        for (std::size_t x = 0; x < of.expected.size(); ++x)
            if (found.settled_on[x])
                into[std::string(occurrence_key(of.expected[x].id))].settled_on = found.settled_on[x];
        for (auto& [_, s] : into)
            std::ranges::sort(s.entries, {}, [&](std::size_t i) {
                return std::tuple{f.payments[i].booked_on, f.payments[i].value, std::string_view(ids[i])};
            });
    };
    keep(bills, bills_,
         [&](std::size_t i, const expected_entry& x) { months_paid_[i] = f.rules.containing(x.day).start; });
    keep(incomes, incomes_, [this](std::size_t i, const expected_entry&) { expected_[i] = true; });
}

const settlement& settlements::find(const by_key& in, std::string_view id) {
    static constexpr settlement none{};
    const auto found = in.find(occurrence_key(id));
    return found == in.end() ? none : found->second;
}

}  // namespace mita::finance

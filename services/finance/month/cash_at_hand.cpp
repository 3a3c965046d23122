#include "finance/month/cash_at_hand.hpp"

#include "core/error.hpp"
#include "finance/domain/entry_match.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <iterator>
#include <vector>

namespace mita::finance {

namespace {

std::optional<civil_day> next_income(const month_view& m, civil_day today) {
    std::optional<civil_day> found;
    for (const auto& i : m.incomes) {
        const bool waited_for = i.what.day > today && i.state != income_state::received;
        if (waited_for && (!found || i.what.day < *found)) found = i.what.day;
    }
    return found;
}

struct promises {
    wide bills = 0, planned = 0;
};

// Of one month, what it takes of the cash of today on the days before `until`. What is paid by today has left already;
// what is booked on days to come has not.
void promise(const month_view& m, civil_day today, civil_day until, promises& out) {
    const int now = m.over.offset(today), end = m.over.offset(until);
    for (std::size_t c = 0; c < m.in.categories.size(); ++c) {
        const auto& category = m.in.categories[c];
        auto beside = category.actual;  // what is booked for no bill of the month
        for (const auto& item : category.bills) {
            if (item.day < end) out.bills += lacking(item, m.in.known);
            for (const auto& p : item.payments) {
                if (p.on > now && p.on < end) out.bills += p.value;
                if (p.on >= 0 && p.on < m.days()) beside[static_cast<std::size_t>(p.on)] -= p.value;
            }
        }
        for (int d = std::max(0, now + 1); d < std::min(m.days(), end); ++d) {
            const auto i = static_cast<std::size_t>(d);
            out.planned += std::max(m.plan.categories[c].plan[i], beside[i]);
        }
    }
}

// What planned transfers take of it before `until`: from an account of cash to one that is none.
wide leaving(const month_facts& f, const std::vector<bill_view>& transfers, civil_day today, civil_day until) {
    const auto cash = [&f](const uuid& id) {
        const auto* found = f.accounts.find(id);
        return found != nullptr && is_cash(*found, f.who.currency);
    };
    wide sum = 0;
    for (const auto& t : transfers) {
        if (!cash(t.what.between->from) || cash(t.what.between->to)) continue;
        if (t.what.day < until && t.status != bill_status::paid) sum += std::max<amount>(0, t.what.value - t.paid);
        for (const auto& p : t.payments)
            if (p.booked_on > today && p.booked_on < until) sum += p.value;
    }
    return sum;
}

// As old as overdue ones are looked for, however many months these facts are of: the same in every view.
bool within_reach(const bill_view& b, const month_view& v) {
    return month_of(b.what.day) + std::chrono::months{reach_months} >= month_of(v.over.start);
}

std::optional<cash_at_hand> look_ahead(const month_facts& f, const month_view& v) {
    cash_at_hand cash;
    const auto balance = f.cash.by(v.today);
    if (!balance) return std::nullopt;
    promises taken;
    for (const auto& b : v.earlier_bills)
        if (within_reach(b, v)) taken.bills += std::max<amount>(0, b.what.value - b.paid);
    auto until = next_income(v, v.today);
    std::vector<month_view> after;
    for (auto first = v.over.next; !until && first < v.over.next + income_reach; first = after.back().over.next) {
        after.push_back(view_month(f, first, v.today));
        until = next_income(after.back(), v.today);
    }
    for (const auto& next : after) {
        if (!until) break;
        promise(next, v.today, *until, taken);
        taken.bills += leaving(f, next.transfers, v.today, *until);
    }
    cash.until = until.value_or(v.over.next);
    promise(v, v.today, cash.until, taken);
    auto transfers = v.earlier_transfers;
    std::erase_if(transfers, [&v](const bill_view& t) { return !within_reach(t, v); });
    std::ranges::copy(v.transfers, std::back_inserter(transfers));
    taken.bills += leaving(f, transfers, v.today, cash.until);
    cash.buffer = v.budget->budget.pool.buffer;
    const auto bills = narrow128(taken.bills), planned = narrow128(taken.planned);
    const auto free = narrow128(wide{*balance} - taken.bills - taken.planned - cash.buffer);
    if (!bills || !planned || !free) return std::nullopt;
    cash.balance = *balance;
    cash.bills = *bills;
    cash.planned = *planned;
    cash.free = *free;
    return cash;
}

}  // namespace

std::optional<cash_at_hand> cash_of(const month_facts& f, const month_view& v) {
    if (!f.accounts.knows_cash(f.who.currency)) return std::nullopt;
    try {
        return look_ahead(f, v);
    } catch (const api_error& e) {
        if (e.code != "amount_overflow") throw;
    }
    return std::nullopt;  // the next month is beyond the range: that refuses nothing today
}

wide unpaid_today(const month_view& v) {
    wide sum = 0;
    for (const auto& category : v.in.categories)
        for (const auto& item : category.bills)
            if (item.day <= v.today_index) sum += lacking(item, v.in.known);
    return sum;
}

}  // namespace mita::finance

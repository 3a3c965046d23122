#include "finance/month/month_cache.hpp"

namespace mita::finance {

namespace {

constexpr std::size_t most_payments = 500;  // beyond: reading again is cheaper than looking through them
constexpr std::size_t of_a_period = 300;    // a category, a goal or an obligation, with its texts

std::size_t size_of(const stored_period& p) {
    return sizeof(stored_period) + (p.budget.categories.size() + p.goals.size() + p.obligations.size()) * of_a_period;
}

}  // namespace

std::size_t loaded_month_size::operator()(const uuid&, const loaded_month& l) const {
    std::size_t bytes = sizeof(loaded_month) + l.facts.inputs_text.capacity();
    for (const auto& p : l.facts.periods) bytes += sizeof(p) + size_of(*p);
    for (const auto& e : l.facts.book.entries())
        bytes += sizeof(e) + e.name.capacity() + e.aliases.size() * sizeof(e.name);
    for (const auto& a : l.facts.accounts.entries()) bytes += sizeof(a) + a.name.capacity();
    bytes += l.facts.cash.days.capacity() * sizeof(cash_day);
    bytes += l.facts.actuals.capacity() * sizeof(day_spent) + l.facts.payments.capacity() * sizeof(payment);
    return bytes;
}

std::shared_ptr<const loaded_month> once_written(std::shared_ptr<loaded_month> now) {
    if (now->facts.payments.size() > most_payments) return nullptr;
    if (now->last < now->over.next) now->facts.inputs_text = {};  // only months not opened yet need them
    now->facts.transactions = {};
    ++now->facts.who.ledger_version;
    return now;
}

}  // namespace mita::finance

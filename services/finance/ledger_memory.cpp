#include "finance/ledger_memory.hpp"

#include "finance/effect.hpp"

#include <utility>

namespace mita::finance {

namespace {

constexpr std::size_t most_payments = 500;  // beyond: reading again is cheaper than looking through them
constexpr std::size_t of_a_period = 300;    // a category, a goal or an obligation, with its texts

std::size_t size_of(const stored_period& p) {
    return sizeof(stored_period) + (p.budget.categories.size() + p.goals.size() + p.obligations.size()) * of_a_period;
}

}  // namespace

std::size_t loaded_size::operator()(const uuid&, const loaded& l) const {
    std::size_t bytes = sizeof(loaded) + l.f.answers_text.capacity();
    for (const auto& p : l.f.periods) bytes += sizeof(p) + size_of(*p);
    for (const auto& e : l.f.book.entries()) bytes += sizeof(e) + e.name.capacity() + e.aliases.size() * sizeof(e.name);
    bytes += l.f.actuals.capacity() * sizeof(day_spent) + l.f.payments.capacity() * sizeof(payment);
    return bytes;
}

std::shared_ptr<const loaded> after_writing(const loaded& before, const transaction& t) {
    auto now = std::make_shared<loaded>(before);
    if (now->last == now->month) now->f.answers_text = {};  // only months not opened yet need them
    now->f.transactions = {};
    add_entry(now->f, t);
    ++now->f.who.ledger_version;
    if (now->f.payments.size() > most_payments) return nullptr;
    return now;
}

}  // namespace mita::finance

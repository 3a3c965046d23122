#include "finance/domain/bills.hpp"

#include <algorithm>

namespace mita::finance {
namespace {

int stands_on(const bill& item, int days, int today) { return std::min(std::max(item.day, today), days - 1); }

}  // namespace

amount paid_elsewhere(const std::vector<bill>& bills, int days, int known) {
    amount sum = 0;
    for (const auto& item : bills) {
        for (const auto& p : item.payments) {
            if (p.on <= known && (p.on < 0 || p.on >= days)) sum += p.value;
        }
    }
    return sum;
}

amount lacking(const bill& item, int known) {
    if (item.settled_on <= known && item.settled_on != never) return 0;
    amount paid = 0;
    for (const auto& p : item.payments) paid += p.on <= known ? p.value : 0;
    return std::max<amount>(0, item.value - paid);
}

amount owed(const std::vector<bill>& bills, int known) {
    amount sum = 0;
    for (const auto& item : bills) sum += lacking(item, known);
    return sum;
}

amount due_of(const std::vector<bill>& bills, int days, int today, int known, day_amounts& out) {
    out = {};
    amount sum = 0;
    const auto add = [&](int day, amount value) {
        out[static_cast<std::size_t>(day)] += value;
        sum += value;
    };
    for (const auto& item : bills) {
        for (const auto& p : item.payments) {
            if (p.on >= today && p.on < days && p.on <= known) add(p.on, p.value);
        }
        add(stands_on(item, days, today), lacking(item, known));
    }
    return sum;
}

amount due_on(const bill& item, int days, int today, int known, int day) {
    amount sum = stands_on(item, days, today) == day ? lacking(item, known) : 0;
    for (const auto& p : item.payments) sum += p.on == day && day >= today && p.on <= known ? p.value : 0;
    return sum;
}

}  // namespace mita::finance

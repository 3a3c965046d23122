#include "finance/domain/incomes.hpp"

#include <algorithm>

namespace mita::finance {
namespace {

template <class Parts>
wide booked_by(const Parts& parts, int now) {
    wide sum = 0;
    for (const auto& p : parts) sum += p.on <= now ? p.value : 0;
    return sum;
}

}  // namespace

amount received(const income& item, int now) {
    return static_cast<amount>(std::clamp<wide>(booked_by(item.receipts, now), -max_amount, max_amount));
}

bool is_final(const income& item, int now) {
    if (item.settled_on <= now && item.settled_on != never) return true;
    return now > item.day + income_days && received(item, now) > 0;
}

wide brought(std::span<const income> incomes, std::span<const paid_part> windfalls, int now) {
    wide sum = booked_by(windfalls, now);
    for (const auto& item : incomes) {
        const wide beyond = booked_by(item.receipts, now) - item.value;
        if (beyond > 0 || is_final(item, now)) sum += beyond;
    }
    return sum;
}

}  // namespace mita::finance

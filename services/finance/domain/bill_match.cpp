#include "finance/domain/bill_match.hpp"

#include <algorithm>
#include <cstdlib>
#include <tuple>

namespace mita::finance {
namespace {

constexpr int days_apart = 7;
constexpr int amount_fifth = 5;  // ± 20 %

struct pair_found {
    amount amount_gap;
    long days_gap;
    std::size_t bill;
    std::size_t payment;
};

bool fits(const expected_bill& bill, const bill_payment& payment) {
    if (payment.link != bill_link::automatic || payment.value <= 0 || payment.category != bill.category) return false;
    if (std::labs((payment.booked_on - bill.day).count()) > days_apart) return false;
    return wide{std::llabs(payment.value - bill.value)} * amount_fifth <= bill.value;
}

// Everything that decides is content, never a position in the input.
auto bill_key(const expected_bill& bill) { return std::tuple{bill.day, bill.id}; }
// The value before the id: ids tell in which order entries were made, which must not matter (P4).
auto payment_key(const bill_payment& payment) { return std::tuple{payment.booked_on, payment.value, payment.id}; }

}  // namespace

std::vector<std::optional<std::size_t>> match_bills(std::span<const expected_bill> bills,
                                                    std::span<const bill_payment> payments) {
    std::vector<std::optional<std::size_t>> paid_by(bills.size());
    std::vector<bool> spent(payments.size());
    std::vector<pair_found> pairs;
    for (std::size_t b = 0; b < bills.size(); ++b) {
        for (std::size_t p = 0; p < payments.size(); ++p) {
            const auto& payment = payments[p];
            if (payment.link == bill_link::linked && payment.bill_id == bills[b].id) {
                if (!paid_by[b] || payment_key(payment) < payment_key(payments[*paid_by[b]])) paid_by[b] = p;
            } else if (fits(bills[b], payment)) {
                pairs.push_back({std::llabs(payment.value - bills[b].value),
                                 std::labs((payment.booked_on - bills[b].day).count()), b, p});
            }
        }
    }
    std::ranges::sort(pairs, {}, [&](const pair_found& x) {
        return std::tuple{x.amount_gap, x.days_gap, bill_key(bills[x.bill]), payment_key(payments[x.payment])};
    });
    for (const auto& pair : pairs) {
        if (paid_by[pair.bill] || spent[pair.payment]) continue;
        paid_by[pair.bill] = pair.payment;
        spent[pair.payment] = true;
    }
    return paid_by;
}

}  // namespace mita::finance

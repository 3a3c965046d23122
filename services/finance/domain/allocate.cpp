#include "finance/domain/allocate.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace mita::finance {
namespace {

constexpr std::size_t max_parts = 1023;  // so many weights of 2^53 add up within 64 bits
// Below this Σ weights a day's remainder step (weight · remainder) stays within 64 bits.
constexpr amount small_sum = amount{1} << 31;

wide wide_sum_of(std::span<const amount> weights) {
    wide sum = 0;
    for (const auto weight : weights) {
        assert(weight >= 0);
        sum += weight;
    }
    assert(sum > 0);
    return sum;
}

[[maybe_unused]] bool adds_up(std::span<const amount> parts, amount total) {
    wide sum = 0;
    for (const auto part : parts) sum += part;
    return sum == total;
}

// ⌊T·W_d/W⌋ − ⌊T·W_{d−1}/W⌋ by carrying the remainder: with T = q·W + r a day adds q·w and what w·r brings over W.
void spread_small(amount total, amount sum, std::span<const amount> weights, std::span<amount> out) {
    const amount quotient = total / sum;
    const amount remainder = total % sum;
    amount carried = 0;
    for (std::size_t d = 0; d < weights.size(); ++d) {
        carried += weights[d] * remainder;
        amount part = quotient * weights[d];
        // Mostly at most one step; a division only for heavy days.
        if (carried >= 4 * sum) {
            part += carried / sum;
            carried %= sum;
        }
        while (carried >= sum) {
            carried -= sum;
            ++part;
        }
        out[d] = part;
    }
}

void spread_wide(amount total, wide sum, std::span<const amount> weights, std::span<amount> out) {
    wide seen = 0;
    wide given = 0;
    for (std::size_t d = 0; d < weights.size(); ++d) {
        seen += weights[d];
        const wide upto = total * seen / sum;
        out[d] = static_cast<amount>(upto - given);
        given = upto;
    }
}

}  // namespace

void allocate(amount total, std::span<const amount> weights, std::span<amount> out) {
    assert(out.size() == weights.size() && weights.size() <= max_parts);
    const wide sum = wide_sum_of(weights);
    const wide magnitude = total < 0 ? -wide{total} : wide{total};
    std::array<std::uint16_t, max_parts> order;
    std::array<wide, max_parts> rest;
    wide left = magnitude;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const wide product = magnitude * weights[i];
        const wide part = product / sum;
        out[i] = static_cast<amount>(part);
        rest[i] = product - part * sum;
        order[i] = static_cast<std::uint16_t>(i);
        left -= part;
    }
    const auto extra = order.begin() + static_cast<std::ptrdiff_t>(left);
    const auto end = order.begin() + static_cast<std::ptrdiff_t>(weights.size());
    if (left > 0) {
        const auto first = [&rest](std::uint16_t a, std::uint16_t b) {
            return rest[a] != rest[b] ? rest[a] > rest[b] : a < b;
        };
        std::nth_element(order.begin(), extra - 1, end, first);
        for (auto i = order.begin(); i != extra; ++i) ++out[*i];
    }
    if (total < 0) {
        for (auto& part : out) part = -part;
    }
    assert(adds_up(out, total));  // L1: no cent is made or lost
}

void spread(amount total, std::span<const amount> weights, std::span<amount> out) {
    assert(out.size() == weights.size() && weights.size() <= max_parts);
    amount sum = 0;
    for (const auto weight : weights) sum += weight;
    spread(total, weights, sum, out);
}

void spread(amount total, std::span<const amount> weights, amount sum, std::span<amount> out) {
    assert(total >= 0 && sum > 0 && out.size() == weights.size());
    if (sum < small_sum) {
        spread_small(total, sum, weights, out);
    } else {
        spread_wide(total, sum, weights, out);
    }
    assert(adds_up(out, total));
}

void spread_signed(amount total, std::span<const amount> weights, std::span<amount> out) {
    if (total >= 0) return spread(total, weights, out);
    spread(-total, weights, out);
    for (auto& part : out) part = -part;
}

}  // namespace mita::finance

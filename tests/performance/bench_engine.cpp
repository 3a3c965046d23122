// B16: the plan of one month with 40 categories × 31 days, in the middle of the month, with bills, refunds, an
// overspent category and its cover; median of repeated runs. The second figure is the plan of every morning so far.
// Prints one JSON line; exits 1 if a result is wrong, never because of the time.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

#include "finance/domain/engine.hpp"

namespace {

using namespace mita::finance;

constexpr int days = 31;
constexpr int today = 15;
constexpr int categories = 40;
constexpr int rounds = 201;
constexpr int repeats = 50;

month_input sample_month() {
    constexpr policy policies[] = {{policy_kind::even},      {policy_kind::even},    {policy_kind::carry},
                                   {policy_kind::window, 7}, {policy_kind::static_}, {policy_kind::save}};
    constexpr category_class classes[] = {category_class::discretionary, category_class::flexible,
                                          category_class::essential, category_class::protected_};
    std::uint64_t state = 20261101;
    const auto next = [&state](std::uint64_t bound) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        return static_cast<amount>((state >> 33) % bound);
    };
    month_input in{.days = days, .today = today, .unallocated = 12345, .categories = {}};
    for (int c = 0; c < categories; ++c) {
        category_input category;
        category.cls = classes[c % 4];
        category.budget = 10000 + next(100000);
        category.rule = policies[c % 6];
        for (int d = 0; d < days; ++d) {
            const auto i = static_cast<std::size_t>(d);
            category.weights[i] = c % 2 == 0 ? 1 : d % 7 < 5 ? 900 + next(100) : 1300;
            category.actual[i] = next(3) == 0 ? next(7000) - 100 : 0;
        }
        if (c % 4 == 3) category.bills.push_back({20, 45000});
        if (c % 8 == 1) category.actual[3] += 100000;
        in.categories.push_back(std::move(category));
    }
    return in;
}

template <class Work>
double median_us(Work work) {
    std::vector<double> times;
    for (int r = 0; r < rounds; ++r) {
        const auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < repeats; ++i) work();
        const std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - start;
        times.push_back(spent.count() / repeats);
    }
    std::ranges::nth_element(times, times.begin() + rounds / 2);
    return times[rounds / 2];
}

}  // namespace

int main() {
    const auto in = sample_month();
    month_plan plan;
    morning_table mornings;
    bool right = true;
    const auto month = median_us([&] { right = right && compute_month(in, plan) == fault::none; });
    const auto history = median_us([&] { right = right && compute_mornings(in, mornings) == fault::none; });
    right = right && plan.check.holds() && !plan.moves.empty();
    for (std::size_t c = 0; c < plan.categories.size(); ++c) {
        right = right && mornings.budget[c][today] == plan.categories[c].day_budget(today);
    }
    fmt::print(
        "{{\"goal\":\"B16\",\"what\":\"plan of one month, {} "
        "categories\",\"value\":{:.2f},\"unit\":\"µs\",\"target\":\"<= 20\","
        "\"met\":{},\"us_all_mornings\":{:.2f},\"days\":{},\"correct\":{}}}\n",
        categories, month, month <= 20, history, days, right);
    return right ? 0 : 1;
}

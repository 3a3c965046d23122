#include "finance/domain/entry_match.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <tuple>

namespace mita::finance {
namespace {

constexpr int amount_fifth = 5;  // ± 20 %
constexpr int rounds_of_parts = 2;

bool is_part(const expected_entry& x, amount value) {
    if (!x.parts || x.value <= 0 || value <= 0) return false;
    return x.any_amount || wide{value - x.value} * amount_fifth <= x.value;
}

struct pair_found {
    amount amount_gap;
    long days_gap;
    std::size_t occurrence;
    std::size_t entry;
};

// One matching at work. Everything that decides is content, never a position in the input.
class matcher {
public:
    matcher(std::span<const expected_entry> expected, std::span<const made_entry> made)
        : expected_(expected), made_(made), sums_(expected.size()), done_(expected.size()) {
        result.meets.resize(made.size());
        result.settled_on.resize(expected.size());
        in_order_ = sorted(expected_.size(), [this](std::size_t i) { return key_of(expected_[i]); });
        by_category_ = sorted(made_.size(), [this](std::size_t i) { return place_of(made_[i]); });
    }

    void follow_links() {
        const auto by_id = sorted(expected_.size(), [this](std::size_t i) { return expected_[i].id; });
        for (std::size_t e = 0; e < made_.size(); ++e) {
            if (made_[e].link != entry_link::linked || made_[e].value <= 0) continue;
            const auto found = std::ranges::lower_bound(by_id, made_[e].occurrence, {},
                                                        [this](std::size_t i) { return expected_[i].id; });
            if (found != by_id.end() && expected_[*found].id == made_[e].occurrence) meet(*found, e);
        }
    }

    void match_fits() {
        std::vector<pair_found> pairs;
        for (std::size_t x = 0; x < expected_.size(); ++x) {
            if (done_[x]) continue;
            for_each_near(x, [&](std::size_t e) {
                if (fits_amount(expected_[x], made_[e].value))
                    pairs.push_back({std::llabs(made_[e].value - expected_[x].value),
                                     std::labs((made_[e].booked_on - expected_[x].day).count()), x, e});
            });
        }
        std::ranges::sort(pairs, {}, [this](const pair_found& p) {
            return std::tuple{p.amount_gap, p.days_gap, key_of(expected_[p.occurrence]), key_of(made_[p.entry])};
        });
        std::vector<std::optional<year_month>> home(made_.size());
        for (const auto& p : pairs)
            if (!home[p.entry]) home[p.entry] = month_of(expected_[p.occurrence].day);
        for (const auto& p : pairs) {
            if (done_[p.occurrence] || result.meets[p.entry]) continue;
            if (home[p.entry] == month_of(expected_[p.occurrence].day)) meet(p.occurrence, p.entry);
        }
    }

    void match_parts() {
        std::vector<std::vector<std::size_t>> choices(made_.size());
        for (const auto x : in_order_) {
            if (done_[x]) continue;
            for_each_near(x, [&](std::size_t e) {
                if (is_part(expected_[x], made_[e].value)) choices[e].push_back(x);
            });
        }
        const auto in_order = sorted(made_.size(), [this](std::size_t i) { return key_of(made_[i]); });
        for (int round = 0; round < rounds_of_parts; ++round) {
            std::vector<std::optional<year_month>> home(made_.size());
            for (const auto e : in_order) {
                const auto first = std::ranges::find_if(choices[e], [this](auto x) { return !done_[x]; });
                if (first != choices[e].end()) home[e] = month_of(expected_[*first].day);
            }
            for (const auto e : in_order) {
                if (result.meets[e]) continue;
                const auto first = std::ranges::find_if(
                    choices[e], [&](auto x) { return !done_[x] && home[e] == month_of(expected_[x].day); });
                if (first != choices[e].end()) meet(*first, e);
            }
        }
    }

    void say_since_when() {
        std::vector<wide> sums(expected_.size());
        for (const auto e : sorted(made_.size(), [this](std::size_t i) { return key_of(made_[i]); })) {
            if (!result.meets[e]) continue;
            const auto x = *result.meets[e];
            sums[x] += made_[e].value;
            auto& since = result.settled_on[x];
            if (!since && (fits_amount(expected_[x], made_[e].value) || sums[x] >= expected_[x].value))
                since = made_[e].booked_on;
        }
    }

    entry_matching result;

private:
    static std::tuple<civil_day, std::string_view> key_of(const expected_entry& x) { return {x.day, x.id}; }
    // The value before the id: ids tell in which order entries were made, which must not matter (P4).
    static std::tuple<civil_day, amount, std::string_view> key_of(const made_entry& e) {
        return {e.booked_on, e.value, e.id};
    }
    static std::tuple<int, civil_day> place_of(const made_entry& e) { return {e.category, e.booked_on}; }

    template <class Key>
    static std::vector<std::size_t> sorted(std::size_t count, Key key) {
        std::vector<std::size_t> order(count);
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::ranges::sort(order, {}, key);
        return order;
    }

    // Free entries of the occurrence's category within the days around it.
    template <class Visit>
    void for_each_near(std::size_t x, Visit visit) {
        const auto& want = expected_[x];
        const auto from = std::tuple{want.category, want.day - std::chrono::days{entry_days}};
        const auto to = std::tuple{want.category, want.day + std::chrono::days{entry_days}};
        auto at = std::ranges::lower_bound(by_category_, from, {}, [this](auto i) { return place_of(made_[i]); });
        for (; at != by_category_.end() && place_of(made_[*at]) <= to; ++at) {
            if (made_[*at].booked_on >= want.closed_from && made_[*at].booked_on < want.closed_to) continue;
            if (want.route != 0 && made_[*at].route != want.route) continue;
            if (made_[*at].link == entry_link::automatic && !result.meets[*at]) visit(*at);
        }
    }

    void meet(std::size_t x, std::size_t e) {
        result.meets[e] = x;
        sums_[x] += made_[e].value;
        if (fits_amount(expected_[x], made_[e].value) || sums_[x] >= expected_[x].value) done_[x] = true;
    }

    std::span<const expected_entry> expected_;
    std::span<const made_entry> made_;
    std::vector<wide> sums_;
    std::vector<bool> done_;
    std::vector<std::size_t> in_order_, by_category_;
};

}  // namespace

bool fits_amount(const expected_entry& expected, amount value) {
    if (value <= 0) return false;
    const bool in_range = expected.least > 0 && value >= expected.least && value <= expected.value;
    return in_range || wide{std::llabs(value - expected.value)} * amount_fifth <= expected.value;
}

entry_matching match_entries(std::span<const expected_entry> expected, std::span<const made_entry> made) {
    matcher work(expected, made);
    work.follow_links();
    work.match_fits();
    work.match_parts();
    work.say_since_when();
    return std::move(work.result);
}

}  // namespace mita::finance

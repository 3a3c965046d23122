#include "finance/month/month_loader.hpp"

#include "core/clock.hpp"
#include "core/error.hpp"
#include "finance/domain/recurrence.hpp"
#include "finance/month/cash_at_hand.hpp"
#include "finance/plan/plan_months.hpp"
#include "finance/wire/refusals.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mita::finance {

namespace {

using std::chrono::days;

constexpr int opened_at_once = 120;
// As far as what is wanted of today may reach by whatever rule, which is not known before it is read: the month of
// tomorrow, and the one in which the next income is looked for.
constexpr days reached_at_once = days{2 * max_days + 2} + income_reach;
constexpr int most_rounds = 24;  // readings of one request: openings of long absences, races lost

civil_day months_before(civil_day day, int count) {
    return clamped_day(month_of(day) - std::chrono::months{count}, day_in_month(day));
}

// Whole months by these rules.
facts_wanted range_of(const month_request& what, const period_rules& by, civil_day utc) {
    const auto slack = what.around ? days{8} : days{1};  // zones are at most a day off
    auto first = what.month ? by.named(*what.month) : by.containing(utc - slack);
    auto last = what.month ? first : by.containing(utc + slack + days{1});  // tomorrow's too
    if (what.earlier > 0) first = by.containing(months_before(first.start, what.earlier));
    // The next expected income, until which cash has to last, may be of a month to come.
    if (what.next || !what.month) last = by.containing(last.next + income_reach - days{1});
    facts_wanted w;
    w.first = first.start;
    w.last = what.all_later ? civil_day(std::chrono::year{9999} / 12 / 31) : last.last_day();
    w.transactions = what.transactions;
    w.only_day = what.only_day;
    return w;
}

// What was read for these days: the months that are open are whole.
facts_wanted widened(facts_wanted w, const month_facts& f) {
    const auto [first, last] = std::pair(w.first, w.last);
    for (const auto& p : f.periods) {
        if (p->over().next <= first || p->start() > last) continue;
        w.first = std::min(w.first, p->start());
        w.last = std::max(w.last, p->over().last_day());
    }
    return w;
}

// Something is booked in the month: a change may have moved it there before the month was open.
bool has_bookings(const month_facts& f, const period& over) {
    return std::ranges::any_of(f.actuals, [&over](const auto& a) { return over.contains(a.day) && !a.cancels(); });
}

// Months to open before the view can be shown; 0: none.
int missing(const month_facts& f, const period& wanted) {
    const auto last = f.last_opened();
    if (!f.who.onboarded_on || !last || f.inputs_text.empty() || wanted.start <= last->start()) return 0;
    return static_cast<int>(f.rules.steps(last->start(), wanted.start));
}

std::vector<stored_period> plan_or_refuse(const month_facts& f, civil_day planned_from, const plan_start& from,
                                          int count) {
    auto planned = plan_months(f.in_force(), f.book, planned_from, from, count);
    if (!planned) throw amount_overflow();
    return std::move(*planned);
}

void refuse_too_far(const month_request& what, const period_rules& by, civil_day today) {
    if (!what.month) return;
    if (by.steps(by.containing(today).start, by.named(*what.month).start) > most_periods_ahead)
        refuse(what.named, "invalid_date", "At most 1,200 periods are planned ahead: a hundred years of months.");
}

}  // namespace

// The person moved west and stands on a day before their first: it and those up to that one get a plan, too.
awaitable<void> month_loader::begin_today(const month_facts& f, civil_day today, deadline d) {
    plan_start from;
    from.over = f.rules.containing(today);
    from.chain_from = from.over.start;
    from.joining = *f.who.onboarded_on;
    from.cover = f.who.cover;
    const auto known = f.rules.containing(*f.who.planned_from);
    const auto count = static_cast<int>(f.rules.steps(from.over.start, known.start));
    const auto planned = plan_or_refuse(f, today, from, count);
    co_await plans_.begin_earlier(f.who, planned, known, today, d);
}

awaitable<loaded_month> month_loader::load(uuid user, month_request what, deadline d) {
    const auto utc = std::chrono::floor<days>(wall::now());
    auto range = range_of(what, {}, utc);
    if (!what.month) range.last = std::max(range.last, utc + reached_at_once);
    for (int round = 0; round < most_rounds; ++round) {
        auto read = co_await facts_.read(user, range, d);
        if (!read) {
            co_await profiles_.require(user, d);
            continue;
        }
        const auto there = widened(range, *read);
        const auto wanted = range_of(what, read->rules, utc);
        if (wanted.first < there.first || wanted.last > there.last) {
            range = wanted;
            continue;
        }
        loaded_month out{std::move(*read), {}, {}, there.last};
        out.today = today_of(out.facts.who);
        const auto now = out.facts.rules.containing(out.today);
        if (out.facts.who.planned_from > out.today) {
            co_await begin_today(out.facts, out.today, d);
            continue;
        }
        refuse_too_far(what, out.facts.rules, out.today);
        out.over = what.month ? out.facts.rules.named(*what.month) : now;
        const bool due = out.over.start <= now.start || what.open_future || has_bookings(out.facts, out.over);
        const auto needed = due ? out.over : now;
        const int count = missing(out.facts, needed);
        if (count == 0) co_return out;
        const auto planned = plan_or_refuse(out.facts, *out.facts.who.planned_from, out.facts.next_start(),
                                            std::min(count, opened_at_once));
        co_await plans_.open(out.facts.who, planned, d);
    }
    throw overloaded("months are being opened by others again and again");
}

awaitable<std::optional<std::string>> month_loader::tag(uuid user, month_request what, deadline d) {
    const auto who = co_await profiles_.find(user, d);
    if (!who) co_return std::nullopt;
    const auto today = today_of(*who);
    if (who->planned_from > today) co_return std::nullopt;
    refuse_too_far(what, {}, today);
    co_return plan_tag(*who, today);
}

}  // namespace mita::finance

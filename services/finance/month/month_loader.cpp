#include "finance/month/month_loader.hpp"

#include "core/clock.hpp"
#include "core/error.hpp"
#include "finance/plan/plan_months.hpp"
#include "finance/wire/refusals.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace mita::finance {

namespace {

using std::chrono::days;
using std::chrono::months;

constexpr int opened_at_once = 120;
constexpr int most_rounds = 24;  // readings of one request: openings of long absences, races lost
constexpr months furthest{1200};

facts_wanted range_of(const month_request& what) {
    const auto utc = std::chrono::floor<days>(wall::now());
    const auto slack = what.around ? days{8} : days{1};  // zones are at most a day off
    facts_wanted w;
    w.first = what.month.value_or(month_of(utc - slack));
    w.last = what.month.value_or(month_of(utc + slack + days{1}));  // tomorrow's too
    w.first -= months{what.earlier};
    // The next expected income, until which cash has to last, may be of the next month.
    if (what.next || !what.month) w.last += months{1};
    if (what.all_later) w.last = std::chrono::year{9999} / 12;
    w.transactions = what.transactions;
    w.only_day = what.only_day;
    return w;
}

// Something is booked in the month: a change may have moved it there before the month was open.
bool has_bookings(const month_facts& f, year_month month) {
    return std::ranges::any_of(f.actuals, [month](const auto& a) { return month_of(a.day) == month && !a.cancels(); });
}

// Months to open before the view can be shown; 0: none.
int missing(const month_facts& f, year_month wanted) {
    const auto last = f.last_opened();
    if (!f.who.onboarded_on || !last || f.inputs_text.empty() || wanted <= last->month) return 0;
    return static_cast<int>((wanted - last->month).count());
}

std::vector<stored_period> plan_or_refuse(const month_facts& f, civil_day planned_from, const plan_start& from,
                                          int count) {
    auto planned = plan_months(f.in_force(), f.book, planned_from, from, count);
    if (!planned) throw amount_overflow();
    return std::move(*planned);
}

void refuse_too_far(const month_request& what, year_month now) {
    if (what.month.value_or(now) > now + furthest)
        refuse(what.named, "invalid_date", "Months are planned at most 100 years ahead.");
}

}  // namespace

// The person moved west and stands on a day before their first: it and those up to that one get a plan, too.
awaitable<void> month_loader::begin_today(const month_facts& f, civil_day today, deadline d) {
    plan_start from;
    from.month = from.chain_from = month_of(today);
    from.joining = month_of(*f.who.onboarded_on);
    from.cover = f.who.cover;
    const auto count = static_cast<int>((month_of(*f.who.planned_from) - from.month).count());
    const auto planned = plan_or_refuse(f, today, from, count);
    co_await plans_.begin_earlier(f.who, planned, today, d);
}

awaitable<loaded_month> month_loader::load(uuid user, month_request what, deadline d) {
    const auto range = range_of(what);
    for (int round = 0; round < most_rounds; ++round) {
        auto read = co_await facts_.read(user, range, d);
        if (!read) {
            co_await profiles_.require(user, d);
            continue;
        }
        loaded_month out{std::move(*read), {}, {}, range.last};
        out.today = today_of(out.facts.who);
        const auto now = month_of(out.today);
        if (out.facts.who.planned_from > out.today) {
            co_await begin_today(out.facts, out.today, d);
            continue;
        }
        out.month = what.month.value_or(now);
        refuse_too_far(what, now);
        const bool due = out.month <= now || what.open_future || has_bookings(out.facts, out.month);
        const auto needed = due ? out.month : now;
        const int count = missing(out.facts, needed);
        if (count == 0) co_return out;
        auto from = after(*out.facts.last_opened());
        from.cover = out.facts.who.cover;
        const auto planned =
            plan_or_refuse(out.facts, *out.facts.who.planned_from, from, std::min(count, opened_at_once));
        co_await plans_.open(out.facts.who, planned, d);
    }
    throw overloaded("months are being opened by others again and again");
}

awaitable<std::optional<std::string>> month_loader::tag(uuid user, month_request what, deadline d) {
    const auto who = co_await profiles_.find(user, d);
    if (!who) co_return std::nullopt;
    const auto today = today_of(*who);
    if (who->planned_from > today) co_return std::nullopt;
    refuse_too_far(what, month_of(today));
    co_return plan_tag(*who, today);
}

}  // namespace mita::finance

#include "finance/audit/audit_command.hpp"

#include "core/log.hpp"
#include "core/metrics.hpp"
#include "db/url.hpp"
#include "finance/audit/audit_store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <iostream>
#include <memory>
#include <set>
#include <utility>

namespace mita::finance {

namespace {

using namespace std::chrono_literals;

constexpr int people_at_once = 200;
constexpr auto patience = 10min;  // one statement over a person with millions of entries

db::pool_options options_from(config& from) {
    db::pool_options o;
    o.url = db::url_setting(from, "MITA_FINANCE_DATABASE_URL", false);
    auto shared = db::url_setting(from, "DATABASE_URL", o.url.empty());
    if (o.url.empty()) o.url = std::move(shared);
    from.finish();
    o.application_name = "mita-finance-audit";
    o.search_path = "finance";
    o.pipelined = 1;
    o.exclusive = 1;
    o.statement_timeout = patience;
    return o;
}

struct outcome_so_far {
    std::int64_t people = 0, looked_at = 0, found = 0, left = 0;
};

void tell(const outcome_so_far& o) {
    std::cerr << o.looked_at << " of " << o.people << " people, " << o.found << " differences\n";
}

bool is_sum(const difference& d) { return d.law == "L2" || d.law == "L4" || d.law == "L5"; }

// Sums can be made anew from what they are of; the rest a person must judge.
awaitable<void> repair(audit_store& store, const std::vector<difference>& found, outcome_so_far& o) {
    std::set<uuid> of;
    for (const auto& d : found)
        if (is_sum(d)) of.insert(d.user);
    for (const auto& user : of) {
        co_await store.repair_sums(user, wall::now(), deadline::after(patience));
        std::cout << "repaired sums user=" << user.str() << '\n';
    }
    const std::vector<uuid> again(of.begin(), of.end());
    const auto left = co_await store.differences(again, deadline::after(patience));
    o.left += std::ranges::count_if(found, [](const auto& d) { return !is_sum(d); });
    o.left += std::ranges::count_if(left, is_sum);
}

awaitable<void> look(db::pool& db, bool repairing, outcome_so_far& o) {
    audit_store store(db);
    o.people = co_await store.people(deadline::after(patience));
    auto told = std::chrono::steady_clock::now();
    for (uuid last;;) {
        const auto some = co_await store.after(last, people_at_once, deadline::after(patience));
        if (some.empty()) break;
        last = some.back();
        const auto found = co_await store.differences(some, deadline::after(patience));
        for (const auto& d : found) std::cout << d.law << " user=" << d.user.str() << ' ' << d.what << '\n';
        o.looked_at += std::ssize(some);
        o.found += std::ssize(found);
        if (!repairing) {
            o.left += std::ssize(found);
        } else if (!found.empty()) {
            co_await repair(store, found, o);
        }
        const auto now = std::chrono::steady_clock::now();
        if (now - told > 2s) {
            tell(o);
            told = now;
        }
    }
}

// Whatever happens, the pool is closed before the loop ends.
awaitable<void> look_and_close(db::pool& db, bool repairing, outcome_so_far& o, std::exception_ptr& failed) {
    try {
        co_await look(db, repairing, o);
    } catch (...) {
        failed = std::current_exception();
    }
    co_await db.close(deadline::after(2s));
}

int audit(config& from, bool repairing) {
    auto options = options_from(from);
    asio::io_context context(1);
    logger log("finance", log_level::warn, 2);
    metrics::registry unused;
    db::pool db(context.get_executor(), std::move(options), log, unused);
    outcome_so_far o;
    std::exception_ptr failed;
    asio::co_spawn(context, look_and_close(db, repairing, o, failed), [&](std::exception_ptr error) {
        if (error) failed = error;
    });
    context.run();
    std::cout.flush();
    if (failed) std::rethrow_exception(failed);
    tell(o);
    if (o.left > 0) std::cerr << o.left << " differences are left\n";
    return o.left > 0 ? 1 : 0;
}

}  // namespace

void add_audit(command_line& cli) {
    const auto repairing = std::make_shared<bool>(false);
    auto& command = cli.add("audit",
                            "recompute the stored sums of everybody (L1, L2, L3, L4, L5, the feed's numbers, periods "
                            "T1) and name each difference",
                            [repairing](config& from) { return audit(from, *repairing); });
    command.add_flag("--repair", *repairing,
                     "make sums anew from what they are of (L2, L4, L5); the rest is only named");
}

}  // namespace mita::finance

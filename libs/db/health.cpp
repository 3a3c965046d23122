#include "db/health.hpp"

#include "core/error.hpp"

#include <algorithm>
#include <utility>

namespace mita::db {

namespace {

using clock = std::chrono::steady_clock;
// Less than the second that who asks for /health gives us.
constexpr std::chrono::milliseconds patience{800};
constexpr statement ping{"health", "select 1"};

awaitable<probe::answer> ask_now(pool& db) {
    probe::answer out;
    const auto began = clock::now();
    try {
        co_await db.query(ping, deadline::after(patience));
        out.status = "connected";
        out.latency_ms = std::chrono::duration<double, std::milli>(clock::now() - began).count();
    } catch (const deadline_exceeded&) {
        out.status = "timeout";
    } catch (const overloaded&) {
        out.status = "timeout";
    } catch (const error& e) {
        out.status = e.is_unavailable() ? "disconnected" : e.sqlstate == "57014" ? "timeout" : "error";
    } catch (const std::exception&) {
        out.status = "error";
    }
    co_return out;
}

}  // namespace

awaitable<probe::answer> probe::ask() {
    if (clock::now() < fresh_until_) co_return last_;
    if (!db_.ready()) co_return answer{"disconnected", std::nullopt};  // costs nothing: not kept, it may be up at once
    if (asking_) {
        const auto mine = others_.emplace_back(std::make_shared<waiter>(ex_));
        co_await mine->wait(deadline::after(2 * patience));
        co_return last_;
    }
    asking_ = true;
    last_ = co_await ask_now(db_);
    asking_ = false;
    fresh_until_ = clock::now() + keep_;
    for (const auto& other : std::exchange(others_, {})) other->notify();
    co_return last_;
}

health_report::database health_of(const std::vector<pool_stats>& pools, const probe::answer& seen, int schema_version) {
    health_report::database d;
    d.status = seen.status;
    d.latency_ms = seen.latency_ms;
    for (const auto& p : pools) {
        d.size += p.size;
        d.in_use += p.in_use;
        d.waiting += p.waiting;
        d.utilization = std::max(d.utilization, p.utilization);  // the fullest worker's: its requests wait
    }
    d.schema_version = schema_version;
    return d;
}

void judge_pools(degradation_log& log, health_report& r, const std::vector<pool_stats>& pools) {
    // The fullest worker counts: its requests wait, however idle the others are.
    double used = 0, wait_ms = 0;
    for (const auto& p : pools) {
        used = std::max(used, p.utilization);
        wait_ms = std::max(wait_ms, p.wait_p99_ms);
    }
    log.check_above(r, "db_pool_utilization", used, 0.8);
    log.check_above(r, "db_pool_wait_ms", wait_ms, 50);
}

}  // namespace mita::db

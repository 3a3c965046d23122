// The database's part of /health: what the pools of all workers say, and a probe that asks it now. Also what of it
// makes a service degraded.
#pragma once

#include "core/health.hpp"
#include "core/waiter.hpp"
#include "db/pool.hpp"
#include "db/schema_watch.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace mita::db {

// Asks the database whether it answers: at most once a second, one question at a time however many wait for the answer,
// which comes within a second. On its pool's worker only.
class probe {
public:
    // keep: for so long an answer of the database is given again.
    probe(executor ex, pool& db, std::chrono::milliseconds keep = std::chrono::seconds(1))
        : ex_(ex), db_(db), keep_(keep) {}

    struct answer {
        std::string status;  // connected | disconnected | timeout | error
        std::optional<double> latency_ms;
    };
    awaitable<answer> ask();

private:
    executor ex_;
    pool& db_;
    std::chrono::milliseconds keep_;
    answer last_;
    std::chrono::steady_clock::time_point fresh_until_{};
    bool asking_ = false;
    std::vector<std::shared_ptr<waiter>> others_;
};

// The report's database part; pools: of all workers.
health_report::database health_of(const std::vector<pool_stats>& pools, const probe::answer& seen, int schema_version);

// Pool use over 80 %, the wait for a connection that others have over 50 ms (p99 of the last minute).
void judge_pools(degradation_log& log, health_report& r, const std::vector<pool_stats>& pools);

// Both, asked now. apps: of all workers, each with its pool `db`.
template <class App>
awaitable<void> describe(health_report& r, degradation_log& log, probe& asked, const std::vector<App*>& apps,
                         const schema_watch& schema) {
    std::vector<pool_stats> pools;
    for (const App* a : apps) pools.push_back(a->db.stats());
    const auto seen = co_await asked.ask();
    r.db = health_of(pools, seen, schema.seen());
    judge_pools(log, r, pools);
    const bool behind = seen.status == "connected" && !schema.ready();
    log.check(r, "schema_behind", behind, schema.seen(), schema.wanted());
}

}  // namespace mita::db

// The metrics of one pool: mita_db_query_duration_seconds{query}, mita_db_pool_connections{state},
// mita_db_pool_max_connections, mita_db_pool_calls (in flight on the pipelined lane) of mita_db_pool_max_calls,
// mita_db_pool_wait_seconds{lane}, mita_db_errors_total{class}. Used by pool and transaction on the pool's worker.
#pragma once

#include "core/latency_window.hpp"
#include "core/metrics.hpp"
#include "db/pipeline.hpp"

#include <exception>
#include <string_view>
#include <unordered_map>

namespace mita::db {

class instruments {
public:
    // size: how many connections the pool may have; most_calls: how many statements its pipelined ones take.
    instruments(metrics::registry& registry, std::size_t size, std::size_t most_calls);

    // A call that was answered: its time from sending to its Sync, under the name of `what`.
    void answered(const statement* what, const call& c);
    // now: when the wait ended. for_room: others had all that there may be; else a connection had to be opened first.
    void waited_pipelined(call::clock::time_point now, call::clock::duration d, bool for_room) {
        waited(wait_pipelined_, now, d, for_room);
    }
    void waited_exclusive(call::clock::time_point now, call::clock::duration d, bool for_room) {
        waited(wait_exclusive_, now, d, for_room);
    }
    double wait_p99_ms() const;  // for room, in the last minute; 0 when nobody asked; any thread
    void connections(std::size_t in_use, std::size_t idle);
    void calls(std::size_t in_flight) { calls_.set(static_cast<std::int64_t>(in_flight)); }
    // class: unavailable | serialization | constraint | timeout | other, by SQLSTATE; deadline, overloaded by name.
    void failed(const error& e);
    void failed(std::string_view error_class);

private:
    static double seconds(call::clock::duration d) { return std::chrono::duration<double>(d).count(); }
    void waited(metrics::histogram& lane, call::clock::time_point now, call::clock::duration d, bool for_room) {
        lane.observe(seconds(d));
        if (for_room) waits_.record(now, std::chrono::duration_cast<std::chrono::microseconds>(d));
    }
    metrics::registry& registry_;
    latency_window waits_;
    metrics::histogram& wait_pipelined_;
    metrics::histogram& wait_exclusive_;
    metrics::gauge& in_use_;
    metrics::gauge& idle_;
    metrics::gauge& calls_;
    std::unordered_map<const statement*, metrics::histogram*> durations_;
    std::unordered_map<std::string_view, metrics::counter*> errors_;
};

}  // namespace mita::db

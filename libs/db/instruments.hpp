// The metrics of one pool (OPERATIONS.md): mita_db_query_duration_seconds{query}, mita_db_pool_connections{state},
// mita_db_pool_wait_seconds{lane}, mita_db_errors_total{class}. Used by pool and transaction on the pool's worker.
#pragma once

#include "core/metrics.hpp"
#include "db/pipeline.hpp"

#include <exception>
#include <string_view>
#include <unordered_map>

namespace mita::db {

class instruments {
public:
    explicit instruments(metrics::registry& registry);

    // A call that was answered: its time from sending to its Sync, under the name of `what`.
    void answered(const statement* what, const call& c);
    void waited_pipelined(call::clock::duration d) { wait_pipelined_.observe(seconds(d)); }
    void waited_exclusive(call::clock::duration d) { wait_exclusive_.observe(seconds(d)); }
    void connections(std::size_t in_use, std::size_t idle);
    // class: unavailable | serialization | constraint | timeout | other, by SQLSTATE; deadline, overloaded by name.
    void failed(const error& e);
    void failed(std::string_view error_class);

private:
    static double seconds(call::clock::duration d) { return std::chrono::duration<double>(d).count(); }
    metrics::registry& registry_;
    metrics::histogram& wait_pipelined_;
    metrics::histogram& wait_exclusive_;
    metrics::gauge& in_use_;
    metrics::gauge& idle_;
    std::unordered_map<const statement*, metrics::histogram*> durations_;
    std::unordered_map<std::string_view, metrics::counter*> errors_;
};

}  // namespace mita::db

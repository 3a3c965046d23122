#include "db/instruments.hpp"

#include <array>
#include <string>

namespace mita::db {

namespace {

constexpr std::array<double, 8> wait_bounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1};
// Few: they are multiplied by the number of statements.
constexpr std::array<double, 3> query_bounds{0.002, 0.02, 0.2};
constexpr const char* wait_help = "Time a caller waited for a connection.";
constexpr const char* connections_help = "Connections of the pools that are up.";

std::string_view class_of(const error& e) {
    if (e.is_unavailable()) return "unavailable";
    if (e.is_retryable()) return "serialization";
    if (e.sqlstate == "57014") return "timeout";
    if (e.sqlstate.starts_with("23")) return "constraint";
    return "other";
}

}  // namespace

instruments::instruments(metrics::registry& registry, std::size_t size, std::size_t most_calls)
    : registry_(registry),
      wait_pipelined_(
          registry.make_histogram("mita_db_pool_wait_seconds", wait_help, {{"lane", "pipelined"}}, wait_bounds)),
      wait_exclusive_(
          registry.make_histogram("mita_db_pool_wait_seconds", wait_help, {{"lane", "exclusive"}}, wait_bounds)),
      in_use_(registry.make_gauge("mita_db_pool_connections", connections_help, {{"state", "in_use"}})),
      idle_(registry.make_gauge("mita_db_pool_connections", connections_help, {{"state", "idle"}})),
      calls_(registry.make_gauge("mita_db_pool_calls", "Statements in flight on pipelined connections.")) {
    registry.make_gauge("mita_db_pool_max_connections", "Connections that the pools may have at most.")
        .set(static_cast<std::int64_t>(size));
    registry
        .make_gauge("mita_db_pool_max_calls", "Statements that the pipelined connections may have in flight at most.")
        .set(static_cast<std::int64_t>(most_calls));
    for (const char* name :
         {"unavailable", "serialization", "timeout", "constraint", "other", "deadline", "overloaded"})
        errors_[name] = &registry.make_counter("mita_db_errors_total", "Failed database calls.", {{"class", name}});
}

void instruments::answered(const statement* what, const call& c) {
    auto& h = durations_[what];
    if (!h) {
        h = &registry_.make_histogram("mita_db_query_duration_seconds", "Time from sending a statement to its answer.",
                                      {{"query", std::string(what->name)}}, query_bounds);
    }
    h->observe(seconds(c.finished - c.sent));
}

void instruments::connections(std::size_t in_use, std::size_t idle) {
    in_use_.set(static_cast<std::int64_t>(in_use));
    idle_.set(static_cast<std::int64_t>(idle));
}

double instruments::wait_p99_ms() const {
    latency_summary recent;
    waits_.add_recent(latency_window::clock::now(), recent);
    return recent.quantile_ms(0.99).value_or(0);
}

void instruments::failed(const error& e) { failed(class_of(e)); }

void instruments::failed(std::string_view error_class) { errors_.at(error_class)->add(); }

}  // namespace mita::db

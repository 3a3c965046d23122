#include "gateway/ops/scrape.hpp"

#include <algorithm>
#include <array>

namespace mita::gateway {

namespace {

// Names of samples, or how they begin.
constexpr std::array<std::string_view, 25> shown = {
    "mita_http_requests_total",
    "mita_http_request_duration_seconds_bucket",
    "mita_http_requests_in_flight",
    "mita_http_shed_total",
    "mita_http_client_retries_total",
    "mita_gateway_upstream_requests_total",
    "mita_gateway_upstream_connections",
    "mita_gateway_upstream_duration_seconds_bucket",
    "mita_gateway_circuit_state",
    "mita_gateway_retries_total",
    "mita_gateway_rejected_total",
    "mita_gateway_malformed_total",
    "mita_gateway_ratelimit_decisions_total",
    "mita_gateway_client_connections",
    "mita_gateway_audit",
    "mita_auth_audit",
    "mita_auth_logins_total",
    "mita_auth_hash",
    "mita_db_errors_total",
    "mita_db_pool_wait_seconds_bucket",
    "mita_db_query_duration_seconds_sum",
    "mita_db_query_duration_seconds_count",
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
};
// Of every service, by how they end.
constexpr std::array<std::string_view, 3> ends = {"_event_loop_lag_seconds", "_log_dropped_total",
                                                  "_revocation_lag_seconds"};

bool is_shown(std::string_view name) {
    const auto begins = [&](std::string_view s) { return name.starts_with(s); };
    const auto ends_so = [&](std::string_view s) { return name.ends_with(s); };
    return std::any_of(shown.begin(), shown.end(), begins) || std::any_of(ends.begin(), ends.end(), ends_so);
}

// The value of a sample: after its labels, which may hold anything, up to an exemplar or the end.
std::string_view value_in(std::string_view line) {
    const auto exemplar = line.find(" # {");
    line = line.substr(0, exemplar);
    return line.substr(line.rfind(' ') + 1);
}

// `a_bucket{x="y",` of a bucket's line: le stands last.
std::string_view series_of(std::string_view line) { return line.substr(0, line.find("le=\"")); }

}  // namespace

std::string shown_of(std::string_view scrape) {
    std::string out;
    std::string_view series, value = "0";
    while (!scrape.empty()) {
        const auto end = std::min(scrape.find('\n'), scrape.size());
        const auto line = scrape.substr(0, end);
        scrape.remove_prefix(std::min(end + 1, scrape.size()));
        const auto name = line.substr(0, line.find_first_of("{ "));
        if (line.empty() || line.front() == '#' || !is_shown(name)) continue;
        if (name.ends_with("_bucket")) {
            // Cumulative: a bucket as full as the one below it holds nothing of its own.
            if (series_of(line) != series) value = "0";
            series = series_of(line);
            const bool nothing = value_in(line) == value;
            value = value_in(line);
            if (nothing) continue;
        }
        out += line;
        out += '\n';
    }
    return out;
}

}  // namespace mita::gateway

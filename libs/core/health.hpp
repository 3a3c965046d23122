// What /health shows, as plain data: each service fills it, one serializer writes it. No
// dependencies looked at here: probing is the service's work (in parallel, at most 1 s, cached 1 s).
#pragma once

#include "core/config.hpp"
#include "core/latency_window.hpp"
#include "core/platform.hpp"

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mita {

struct health_report {
    using named_texts = std::vector<std::pair<std::string, std::string>>;
    struct database {
        std::string status;                // connected | disconnected | timeout | error
        std::optional<double> latency_ms;  // of the last probe that was answered
        std::uint64_t size = 0, in_use = 0, waiting = 0;
        double utilization = 0;
        std::int64_t schema_version = 0;
    };
    struct cache {
        std::string name;
        std::uint64_t hits = 0, misses = 0, entries = 0, bytes = 0, max_bytes = 0, evictions = 0, expired = 0;
        double hit_ratio = 0;
        std::int64_t last_cleanup_unix_ms = 0;  // 0: never
    };
    struct degradation {
        std::string reason;
        std::string since;  // RFC 3339
        double value = 0, limit = 0;
    };

    std::string service, version, commit;
    bool unhealthy = false;  // cannot serve: 503; else healthy, or degraded when `degradations` is not empty: 200
    double uptime_s = 0;
    std::optional<database> db;
    std::vector<cache> caches;
    std::optional<platform::limits> where;
    std::vector<setting> settings;
    named_texts services;                                        // name -> healthy | degraded | unhealthy | unreachable
    std::vector<std::pair<std::string, named_texts>> instances;  // of each of them: address -> likewise
    latency_summary requests;                                    // of people, in the last minute
    std::vector<degradation> degradations;
    named_texts notes;  // further facts of a service, name -> text

    const char* status() const { return unhealthy ? "unhealthy" : degradations.empty() ? "healthy" : "degraded"; }
};

// The whole report, or with `brief` what an anonymous caller sees: status, service, version.
std::string to_json(const health_report& r, bool brief);

// Remembers since when each reason holds; the reports of one process share it. Any thread.
class degradation_log {
public:
    // Call at each evaluation: adds to `out` while `holds`, with the value seen and the limit it is beyond.
    void check(health_report& out, const std::string& reason, bool holds, double value, double limit);
    void check_above(health_report& out, const std::string& reason, double value, double limit) {
        check(out, reason, value > limit, value, limit);
    }

private:
    std::mutex mutex_;
    std::vector<std::pair<std::string, std::string>> since_;
};

// What makes a service degraded. A few requests say nothing: p99 is judged from 100 in the last
// minute, against a baseline that is known, and never below 10 ms; errors from the fifth in that minute.
void judge_requests(degradation_log& log, health_report& r, const latency_summary& recent,
                    std::optional<double> baseline_p99_ms);
// Loop lag over 20 ms; resident memory over 85 % of the limit.
void judge_process(degradation_log& log, health_report& r, double lag_seconds, std::int64_t resident_bytes,
                   std::int64_t limit_bytes);

}  // namespace mita

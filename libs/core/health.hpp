// What /health shows (OPERATIONS.md, Health), as plain data: each service fills it, one serializer writes it. No
// dependencies looked at here: probing is the service's work (in parallel, at most 1 s, cached 1 s).
#pragma once

#include "core/config.hpp"
#include "core/platform.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mita {

struct health_report {
    struct database {
        std::string status;  // connected | disconnected | timeout | error
        double latency_ms = 0;
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
    std::vector<std::pair<std::string, std::string>> services;  // name -> healthy | degraded | unhealthy | unreachable
    double p50_ms = 0, p95_ms = 0, p99_ms = 0;
    std::uint64_t slow_requests = 0;
    std::vector<degradation> degradations;
    std::vector<std::pair<std::string, std::string>> notes;  // further facts of a service, name -> text

    const char* status() const { return unhealthy ? "unhealthy" : degradations.empty() ? "healthy" : "degraded"; }
};

// The whole report, or with `brief` what an anonymous caller sees: status, service, version.
std::string to_json(const health_report& r, bool brief);

// Remembers since when each reason holds; the reports of one process share it.
class degradation_log {
public:
    // Call at each evaluation: adds to `out` while `value` is beyond `limit` (above, or below with `below`).
    void check(health_report& out, const std::string& reason, double value, double limit, bool below = false);

private:
    std::vector<std::pair<std::string, std::string>> since_;
};

}  // namespace mita

#include "core/health.hpp"

#include "core/clock.hpp"
#include "core/json_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>

namespace mita {

namespace {

void text(std::string& out, std::string_view name, std::string_view value) {
    append_json_string(out, name);
    out += ':';
    append_json_string(out, value);
}

void number(std::string& out, std::string_view name, double value) {
    append_json_string(out, name);
    fmt::format_to(std::back_inserter(out), ":{:.3f}", std::isfinite(value) ? value : 0.0);
}

void number_or_null(std::string& out, std::string_view name, std::optional<double> value) {
    if (value) return number(out, name, *value);
    append_json_string(out, name);
    out += ":null";
}

void performance_to(std::string& out, const latency_summary& s) {
    fmt::format_to(std::back_inserter(out), ",\"performance\":{{\"window_s\":{},\"requests\":{},",
                   latency_window::recent.count(), s.total);
    number_or_null(out, "p50_ms", s.quantile_ms(0.50));
    out += ',';
    number_or_null(out, "p95_ms", s.quantile_ms(0.95));
    out += ',';
    number_or_null(out, "p99_ms", s.quantile_ms(0.99));
    out += ',';
    number_or_null(out, "error_share", s.total == 0 ? std::nullopt : std::optional(s.failed_share()));
    fmt::format_to(std::back_inserter(out), ",\"slow_requests\":{}}}", s.slow);
}

void database_to(std::string& out, const health_report::database& d) {
    out += ",\"database\":{";
    text(out, "status", d.status);
    out += ',';
    number_or_null(out, "latency_ms", d.latency_ms);
    fmt::format_to(std::back_inserter(out),
                   ",\"pool\":{{\"size\":{},\"in_use\":{},\"waiting\":{},\"utilization\":{:.3f}}}", d.size, d.in_use,
                   d.waiting, d.utilization);
    fmt::format_to(std::back_inserter(out), ",\"schema_version\":{}}}", d.schema_version);
}

void caches_to(std::string& out, const std::vector<health_report::cache>& caches) {
    out += ",\"caches\":{";
    for (const auto& c : caches) {
        if (&c != &caches.front()) out += ',';
        append_json_string(out, c.name);
        fmt::format_to(std::back_inserter(out),
                       ":{{\"hits\":{},\"misses\":{},\"hit_ratio\":{:.4f},\"entries\":{},\"bytes\":{},\"max_bytes\":{},"
                       "\"evictions\":{},\"expired\":{},\"last_cleanup\":",
                       c.hits, c.misses, c.hit_ratio, c.entries, c.bytes, c.max_bytes, c.evictions, c.expired);
        if (c.last_cleanup_unix_ms == 0) {
            out += "null}";
        } else {
            const auto at = wall::time_point(std::chrono::milliseconds(c.last_cleanup_unix_ms));
            append_json_string(out, wall::format(at));
            out += '}';
        }
    }
    out += '}';
}

void platform_to(std::string& out, const platform::limits& l, const std::vector<setting>& settings) {
    out += ",\"platform\":{";
    text(out, "name", l.name);
    fmt::format_to(std::back_inserter(out), ",\"cpu\":{:.2f},\"memory_limit_bytes\":{},", l.cpus, l.memory_bytes);
    text(out, "cpu_source", l.cpus_source);
    out += ',';
    text(out, "memory_source", l.memory_source);
    out += ",\"settings\":{";
    for (const auto& s : settings) {
        if (&s != &settings.front()) out += ',';
        append_json_string(out, s.name);
        out += ":{";
        text(out, "value", s.value);
        out += ',';
        text(out, "source", s.source);
        out += '}';
    }
    out += "}}";
}

void pairs_to(std::string& out, std::string_view name, const health_report::named_texts& pairs) {
    append_json_string(out, name);
    out += ":{";
    for (const auto& p : pairs) {
        if (&p != &pairs.front()) out += ',';
        text(out, p.first, p.second);
    }
    out += '}';
}

void instances_to(std::string& out, const std::vector<std::pair<std::string, health_report::named_texts>>& services) {
    out += ",\"instances\":{";
    for (const auto& s : services) {
        if (&s != &services.front()) out += ',';
        pairs_to(out, s.first, s.second);
    }
    out += '}';
}

}  // namespace

std::string to_json(const health_report& r, bool brief) {
    std::string out = "{";
    text(out, "status", r.status());
    out += ',';
    text(out, "service", r.service);
    out += ',';
    text(out, "version", r.version);
    if (brief) return out += '}';
    out += ',';
    text(out, "commit", r.commit);
    out += ',';
    number(out, "uptime_s", r.uptime_s);
    out += ',';
    text(out, "timestamp", wall::format(wall::now()));
    if (r.db) database_to(out, *r.db);
    caches_to(out, r.caches);
    if (r.where) platform_to(out, *r.where, r.settings);
    if (!r.services.empty()) {
        out += ',';
        pairs_to(out, "services", r.services);
        instances_to(out, r.instances);
    }
    performance_to(out, r.requests);
    if (!r.notes.empty()) {
        out += ',';
        pairs_to(out, "notes", r.notes);
    }
    out += ",\"degradation\":[";
    for (const auto& d : r.degradations) {
        if (&d != &r.degradations.front()) out += ',';
        out += '{';
        text(out, "reason", d.reason);
        out += ',';
        text(out, "since", d.since);
        out += ',';
        number(out, "value", d.value);
        out += ',';
        number(out, "limit", d.limit);
        out += '}';
    }
    return out += "]}";
}

void degradation_log::check(health_report& out, const std::string& reason, bool holds, double value, double limit) {
    const std::scoped_lock lock(mutex_);
    auto known = std::find_if(since_.begin(), since_.end(), [&](const auto& p) { return p.first == reason; });
    if (!holds) {
        if (known != since_.end()) since_.erase(known);
        return;
    }
    if (known == since_.end()) known = since_.insert(known, {reason, wall::format(wall::now())});
    out.degradations.push_back(health_report::degradation{reason, known->second, value, limit});
}

void judge_requests(degradation_log& log, health_report& r, const latency_summary& recent,
                    std::optional<double> baseline_p99_ms) {
    constexpr std::uint64_t enough = 100, least_failed = 5;
    constexpr double times_baseline = 3, least_ms = 10, most_failed = 0.01;
    const double now_ms = recent.quantile_ms(0.99).value_or(0);
    const double limit_ms = std::max(least_ms, times_baseline * baseline_p99_ms.value_or(0));
    const bool known = recent.total >= enough && baseline_p99_ms.has_value();
    log.check(r, "p99_ms", known && now_ms > limit_ms, now_ms, limit_ms);
    const double share = recent.failed_share();
    log.check(r, "error_share", recent.failed >= least_failed && share > most_failed, share, most_failed);
}

void judge_process(degradation_log& log, health_report& r, double lag_seconds, std::int64_t resident_bytes,
                   std::int64_t limit_bytes) {
    log.check_above(r, "event_loop_lag_seconds", lag_seconds, 0.02);
    const double used = limit_bytes > 0 ? static_cast<double>(resident_bytes) / static_cast<double>(limit_bytes) : 0;
    log.check_above(r, "memory_utilization", used, 0.85);
}

}  // namespace mita

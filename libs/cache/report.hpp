// A cache's counters as /health and /metrics show them.
#pragma once

#include "cache/stats.hpp"
#include "core/health.hpp"
#include "core/metrics.hpp"

#include <functional>
#include <string>

namespace mita::cache {

health_report::cache health_of(std::string name, const stats& s);

// mita_cache_{hits,misses,evictions,expired}_total and mita_cache_{bytes,entries}, each {cache}. `read` as
// metrics::registry::callback asks.
void export_stats(metrics::registry& r, const std::string& name, const std::function<stats()>& read);

// Once warm (a thousand reads) a hit ratio under 60 %: REASON is NAME_cache_hit_ratio.
void judge_hits(degradation_log& log, health_report& r, const std::string& name, const stats& s);

}  // namespace mita::cache

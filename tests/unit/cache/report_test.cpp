#include "cache/report.hpp"

#include <catch2/catch.hpp>

using namespace mita;
using Catch::Contains;

TEST_CASE("Health: a user cache that misses more than four in ten degrades once it is warm, and recovers") {
    degradation_log log;
    const auto judged = [&log](std::uint64_t hits, std::uint64_t misses) {
        cache::stats s;
        s.hits = hits;
        s.misses = misses;
        health_report r;
        cache::judge_hits(log, r, "user", s);
        return r.degradations;
    };
    CHECK(judged(0, 999).empty());  // not warm yet
    const auto bad = judged(500, 500);
    REQUIRE(bad.size() == 1);
    CHECK(bad[0].reason == "user_cache_hit_ratio");
    CHECK(bad[0].value == 0.5);
    CHECK(bad[0].limit == 0.6);
    CHECK(judged(750, 500).empty());
}

TEST_CASE("A cache's counters are exported under its name") {
    metrics::registry r;
    cache::export_stats(r, "user", [] {
        cache::stats s;
        s.hits = 3;
        s.bytes = 100;
        return s;
    });
    const auto text = r.expose();
    CHECK_THAT(text, Contains("mita_cache_hits_total{cache=\"user\"} 3"));
    CHECK_THAT(text, Contains("mita_cache_bytes{cache=\"user\"} 100"));
}

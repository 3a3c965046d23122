#include "core/health.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

using namespace mita;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

using window_clock = latency_window::clock;
constexpr window_clock::time_point start{10'000s};

// A service whose time the test moves: ten requests a second unless told otherwise.
struct served {
    std::vector<std::unique_ptr<latency_window>> windows;
    degradation_log log;
    served() { windows.push_back(std::make_unique<latency_window>()); }
    window_clock::time_point now = start;

    void serve(std::chrono::seconds how_long, std::chrono::microseconds took, int a_second = 10, int failed = 0) {
        for (auto end = now + how_long; now < end; now += 1s)
            for (int i = 0; i < a_second; ++i) record(took, i < failed);
    }
    health_report judged() {
        health_report r;
        windows[0]->add_recent(now, r.requests);
        judge_requests(log, r, r.requests, baseline_p99_ms(windows, now));
        return r;
    }
    void record(std::chrono::microseconds took, bool failed = false) { windows[0]->record(now, took, failed); }
};

const health_report::degradation* found(const health_report& r, const std::string& reason) {
    const auto at =
        std::find_if(r.degradations.begin(), r.degradations.end(), [&](const auto& d) { return d.reason == reason; });
    return at == r.degradations.end() ? nullptr : &*at;
}

}  // namespace

TEST_CASE("Health: p99 over three times its five-minute baseline degrades, and stops when requests are quick again") {
    served s;
    s.serve(360s, 20ms);
    CHECK(s.judged().degradations.empty());
    s.serve(60s, 90ms);
    const auto slow = s.judged();
    const auto* d = found(slow, "p99_ms");
    REQUIRE(d != nullptr);
    CHECK(d->value == Approx(90).epsilon(0.13));
    CHECK(d->limit == Approx(60).epsilon(0.13));
    CHECK_THAT(d->since, Contains("T"));
    CHECK(std::string(slow.status()) == "degraded");
    s.serve(60s, 90ms);
    CHECK(found(s.judged(), "p99_ms") != nullptr);  // a slow minute is not at once what is usual
    s.serve(70s, 20ms);
    CHECK(s.judged().degradations.empty());
}

TEST_CASE("Health: an idle service does not flap: few requests, or quick ones, judge nothing") {
    served s;
    s.serve(360s, 1ms, 1);
    s.serve(30s, 500ms, 1);  // 30 slow ones in a minute: too few
    CHECK(s.judged().degradations.empty());
    served quick;
    quick.serve(360s, 1ms);
    quick.serve(60s, 8ms);  // eight times the baseline, and still nobody waits
    CHECK(quick.judged().degradations.empty());
    served fresh;
    fresh.serve(50s, 900ms);  // no baseline yet
    CHECK(fresh.judged().degradations.empty());
}

TEST_CASE("Health: over one per cent of errors degrades from the fifth on, and stops below") {
    served s;
    s.serve(60s, 1ms, 2, 0);
    s.record(1ms, true);
    CHECK(s.judged().degradations.empty());  // one failed request of an idle service
    for (int i = 0; i < 4; ++i) s.record(1ms, true);
    const auto bad = s.judged();
    const auto* d = found(bad, "error_share");
    REQUIRE(d != nullptr);
    CHECK(d->value > 0.03);
    CHECK(d->limit == 0.01);
    for (int i = 0; i < 1000; ++i) s.record(1ms);
    CHECK(s.judged().degradations.empty());
    s.serve(10s, 1ms, 1000, 20);
    CHECK(found(s.judged(), "error_share") != nullptr);
    s.now += 60s;
    CHECK(s.judged().degradations.empty());
}

TEST_CASE("Health: a lagging loop and memory near its limit degrade while they last") {
    degradation_log log;
    health_report bad, good, unlimited;
    judge_process(log, bad, 0.021, 86, 100);
    CHECK(found(bad, "event_loop_lag_seconds") != nullptr);
    REQUIRE(found(bad, "memory_utilization") != nullptr);
    CHECK(found(bad, "memory_utilization")->value == Approx(0.86));
    judge_process(log, good, 0.019, 85, 100);
    CHECK(good.degradations.empty());
    judge_process(log, unlimited, 0, 1'000'000, 0);
    CHECK(unlimited.degradations.empty());
}

TEST_CASE("Health: since stays while a reason holds and begins anew after it was gone") {
    degradation_log log;
    health_report first, again, gone;
    log.check_above(first, "x", 2, 1);
    log.check_above(again, "x", 3, 1);
    REQUIRE(again.degradations.size() == 1);
    CHECK(again.degradations[0].since == first.degradations[0].since);
    log.check_above(gone, "x", 1, 1);
    CHECK(gone.degradations.empty());
}

TEST_CASE("Health: what has no value yet is null, not zero; the brief form says three things") {
    health_report r;
    r.service = "finance";
    r.version = "1";
    r.db = health_report::database();
    r.db->status = "timeout";
    const auto text = to_json(r, false);
    CHECK_THAT(text,
               Contains(R"("performance":{"window_s":60,"requests":0,"p50_ms":null,"p95_ms":null,"p99_ms":null)"));
    CHECK_THAT(text, Contains(R"("error_share":null,"slow_requests":0)"));
    CHECK_THAT(text, Contains(R"("database":{"status":"timeout","latency_ms":null)"));
    CHECK(to_json(r, true) == R"({"status":"healthy","service":"finance","version":"1"})");
}

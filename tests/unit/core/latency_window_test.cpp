#include "core/latency_window.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <thread>

using namespace mita;
using namespace std::chrono_literals;

namespace {

using summary_clock = latency_window::clock;
constexpr summary_clock::time_point began{10'000s};

latency_summary recent_of(const latency_window& w, summary_clock::time_point now) {
    latency_summary s;
    w.add_recent(now, s);
    return s;
}

latency_summary baseline_of(const latency_window& w, summary_clock::time_point now) {
    latency_summary s;
    for (int n = 0; n < latency_window::baseline_slots; ++n) w.add_baseline_slot(now, n, s);
    return s;
}

}  // namespace

TEST_CASE("A window in which nothing happened has no quantile, not zero") {
    const latency_window w;
    const auto s = recent_of(w, began);
    CHECK(s.total == 0);
    CHECK_FALSE(s.quantile_ms(0.5).has_value());
    CHECK(s.failed_share() == 0);
}

TEST_CASE("Quantiles are right within an eighth from microseconds to a minute") {
    for (const auto took : {40us, 900us, 3'000us, 77'000us, 999'000us, 5'000'000us, 60'000'000us}) {
        latency_window w;
        for (int i = 0; i < 1000; ++i) w.record(began, took);
        const auto median = recent_of(w, began).quantile_ms(0.5);
        REQUIRE(median.has_value());
        const double true_ms = static_cast<double>(took.count()) / 1000;
        INFO(took.count());
        CHECK(*median > true_ms * 0.87 - 0.016);
        CHECK(*median < true_ms * 1.13 + 0.016);
    }
}

TEST_CASE("p50, p95 and p99 tell the few slow ones from the many fast ones") {
    latency_window w;
    for (int i = 0; i < 1000; ++i) w.record(began, i % 100 < 94 ? 1ms : i % 100 < 98 ? 50ms : 2s);
    const auto s = recent_of(w, began);
    CHECK(*s.quantile_ms(0.50) < 1.2);
    CHECK(*s.quantile_ms(0.95) == Approx(50).epsilon(0.13));
    CHECK(*s.quantile_ms(0.99) == Approx(2000).epsilon(0.13));
    CHECK(s.slow == 20);
}

TEST_CASE("A wait longer than the last bucket counts there") {
    latency_window w;
    w.record(began, std::chrono::hours(1));
    w.record(began, -5us);
    CHECK(recent_of(w, began).total == 2);
    CHECK(*recent_of(w, began).quantile_ms(1) > 60'000);
}

TEST_CASE("What happened leaves the last minute after a minute and the baseline five minutes later") {
    latency_window w;
    w.record(began, 5ms, true);
    CHECK(recent_of(w, began + 49s).failed == 1);
    CHECK(baseline_of(w, began + 49s).total == 0);
    CHECK(recent_of(w, began + 60s).total == 0);
    CHECK(baseline_of(w, began + 60s).total == 1);
    CHECK(baseline_of(w, began + 349s).total == 1);
    CHECK(baseline_of(w, began + 360s).total == 0);
}

TEST_CASE("A slot used again forgets what it held before") {
    latency_window w;
    w.record(began, 5ms);
    for (auto later = 60s; later <= 3600s; later += 10s) {
        w.record(began + later, 1ms);
        CHECK(recent_of(w, began + later).total <= 6);
        CHECK(baseline_of(w, began + later).total <= 31);
    }
}

TEST_CASE("A reader on another thread never sees more than was recorded") {
    latency_window w;
    std::atomic<bool> done{false};
    std::thread reader([&] {
        while (!done) CHECK(recent_of(w, began + 100s).total <= 60'000);
    });
    for (int i = 0; i < 60'000; ++i) w.record(began + std::chrono::milliseconds(i * 2), 1ms);
    done = true;
    reader.join();
}

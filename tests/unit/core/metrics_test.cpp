#include "core/metrics.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <limits>
#include <string>
#include <thread>

using namespace mita::metrics;

TEST_CASE("cells of one name and label set are summed, and labels keep one order") {
    registry r;
    auto& a = r.make_counter("mita_x_total", "Things.", {{"service", "auth"}, {"code", "200"}});
    auto& b = r.make_counter("mita_x_total", "Things.", {{"code", "200"}, {"service", "auth"}});
    auto& c = r.make_counter("mita_x_total", "Things.", {{"code", "500"}, {"service", "auth"}});
    a.add();
    b.add(2);
    c.add(5);
    auto& g = r.make_gauge("mita_depth", "Depth.");
    g.set(7);
    g.add(-9);
    CHECK(r.expose() ==
          "# HELP mita_depth Depth.\n# TYPE mita_depth gauge\nmita_depth -2\n"
          "# HELP mita_x_total Things.\n# TYPE mita_x_total counter\n"
          "mita_x_total{code=\"200\",service=\"auth\"} 3\nmita_x_total{code=\"500\",service=\"auth\"} 5\n");
    CHECK(r.series() == 3);
}

TEST_CASE("a histogram's buckets are cumulative and end with +Inf equal to the count") {
    registry r;
    const std::array<double, 3> bounds{0.5, 1, 2};
    auto& a = r.make_histogram("mita_d_seconds", "D.", {{"q", "x"}}, bounds);
    auto& b = r.make_histogram("mita_d_seconds", "D.", {{"q", "x"}}, bounds);
    a.observe(0.5);  // le is inclusive
    a.observe(0.75);
    b.observe(1.5);
    b.observe(99);
    CHECK(r.expose() ==
          "# HELP mita_d_seconds D.\n# TYPE mita_d_seconds histogram\n"
          "mita_d_seconds_bucket{q=\"x\",le=\"0.5\"} 1\nmita_d_seconds_bucket{q=\"x\",le=\"1\"} 2\n"
          "mita_d_seconds_bucket{q=\"x\",le=\"2\"} 3\nmita_d_seconds_bucket{q=\"x\",le=\"+Inf\"} 4\n"
          "mita_d_seconds_sum{q=\"x\"} 101.75\nmita_d_seconds_count{q=\"x\"} 4\n");
    CHECK(r.series() == 6);
}

TEST_CASE("however many label sets are asked for, a scrape stays within its bound and its sums are right") {
    registry r(200);
    const std::array<double, 3> bounds{0.5, 1, 2};
    r.callback("mita_build_info", "Build.", "info", {{"version", "1"}}, [] { return 1.0; });
    for (int i = 0; i < 1000; ++i) {
        const auto route = std::to_string(i);
        r.make_counter("mita_x_total", "X.", {{"route", route}}).add();
        r.make_counter("mita_x_total", "X.", {{"route", route}}).add();  // another worker's cell
        r.make_histogram("mita_d_seconds", "D.", {{"route", route}}, bounds).observe(1);
    }
    r.make_gauge("mita_rare", "Rare.", {{"a", "b"}}).set(3);
    const auto text = r.expose();
    std::size_t lines = 0, counted = 0, observed = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = text.find('\n', at);
        const auto line = text.substr(at, end - at);
        at = end + 1;
        if (line.starts_with("#")) continue;
        ++lines;
        const auto value = line.substr(line.rfind(' ') + 1);
        if (line.starts_with("mita_x_total")) counted += std::stoul(value);
        if (line.starts_with("mita_d_seconds_count")) observed += std::stoul(value);
    }
    CHECK(lines == r.series());
    CHECK(lines <= 200);
    CHECK(lines > 180);
    CHECK(counted == 2000);
    CHECK(observed == 1000);
    CHECK(text.find("mita_x_total{overflow=\"true\"} ") != std::string::npos);
    CHECK(text.find("mita_d_seconds_count{overflow=\"true\"} ") != std::string::npos);
    CHECK(text.find("mita_rare{a=\"b\"} 3") != std::string::npos);
    CHECK(text.find("mita_x_total{route=\"0\"} 2") != std::string::npos);
}

TEST_CASE("a metric that takes much leaves room to those that take little, and that room has its end too") {
    registry r(200);
    for (int i = 0; i < 1000; ++i) r.make_counter("mita_x_total", "X.", {{"route", std::to_string(i)}});
    CHECK(r.series() == 181);  // 90 %, and those counted together
    for (int i = 0; i < 9; ++i) r.make_counter("mita_rare_total", "Rare.", {{"rule", std::to_string(i)}}).add();
    CHECK(r.expose().find("mita_rare_total{rule=\"8\"} 1") != std::string::npos);
    r.make_gauge("mita_late", "Late.", {{"a", "b"}}).set(3);
    CHECK(r.expose().find("mita_late{overflow=\"true\"} 3") != std::string::npos);
    CHECK(r.series() <= 200);
}

TEST_CASE("a counter with many series counts new refusals by class, and finds what it has") {
    registry r(200);
    const auto at = [&](std::string route, std::string status) -> counter& {
        return r.make_counter("mita_x_total", "X.", {{"route", std::move(route)}, {"status", std::move(status)}});
    };
    for (int i = 0; i < 19; ++i) at(std::to_string(i), "200").add();
    at("a", "404").add(2);
    at("b", "404").add(3);
    at("b", "409").add(4);
    at("b", "503").add(5);
    at("b", "201").add(6);
    at("a", "404").add(7);  // another worker's cell
    const auto text = r.expose();
    const auto has = [&](const char* line) { return text.find(line) != std::string::npos; };
    CHECK(has("mita_x_total{route=\"a\",status=\"404\"} 9\n"));
    CHECK(has("mita_x_total{route=\"b\",status=\"4xx\"} 7\n"));
    CHECK(has("mita_x_total{route=\"b\",status=\"5xx\"} 5\n"));
    CHECK(has("mita_x_total{route=\"b\",status=\"201\"} 6\n"));
    CHECK(r.series() == 23);
}

TEST_CASE("OpenMetrics shows the newest trace of each bucket, the older format none") {
    registry r;
    const std::array<double, 2> bounds{0.5, 1};
    const std::string first(32, 'a'), second(32, 'b'), third(32, 'c');
    const auto now = std::chrono::steady_clock::now();
    auto& h = r.make_histogram("mita_d_seconds", "D.", {}, bounds, true);
    auto& other_worker = r.make_histogram("mita_d_seconds", "D.", {}, bounds, true);
    other_worker.observe(0.5, first, now - std::chrono::seconds(7));
    h.observe(0.25, first, now - std::chrono::seconds(9));
    h.observe(0.125, second, now - std::chrono::seconds(5));
    h.observe(99, third, now);
    h.observe(0.75, "not a trace id", now);
    h.observe(0.75);
    h.observe(std::numeric_limits<double>::quiet_NaN(), first, now);
    const auto text = r.expose(true);
    const auto shown = "mita_d_seconds_bucket{le=\"0.5\"} 3 # {trace_id=\"" + second + "\"} 0.125 ";
    const auto at = text.find(shown);
    REQUIRE(at != std::string::npos);
    const double unix_now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    CHECK(std::stod(text.substr(at + shown.size())) == Approx(unix_now - 5).margin(3).epsilon(0));
    CHECK(text.find("mita_d_seconds_bucket{le=\"1.0\"} 5\n") != std::string::npos);
    CHECK(text.find("mita_d_seconds_bucket{le=\"+Inf\"} 6 # {trace_id=\"" + third + "\"} 99 ") != std::string::npos);
    CHECK(r.expose().find("trace_id") == std::string::npos);
    auto& plain = r.make_histogram("mita_e_seconds", "E.", {}, bounds);
    plain.observe(1, first, now);
    CHECK_FALSE(plain.last(1));
}

TEST_CASE("an exemplar read while others are written is one that was written") {
    const std::array<double, 1> bounds{1e9};
    histogram h(bounds, true);
    std::atomic<bool> done{false};
    std::thread writer([&] {
        for (int i = 0; i < 200'000; ++i) {
            const char digit = static_cast<char>('0' + i % 10);
            h.observe(i % 10, std::string(32, digit), {});
        }
        done = true;
    });
    std::uint64_t torn = 0;
    while (!done) {
        const auto e = h.last(0);
        if (!e) continue;
        const char digit = static_cast<char>('0' + static_cast<int>(e->value));
        if (std::string_view(e->trace_id.data(), 32) != std::string(32, digit)) ++torn;
    }
    writer.join();
    CHECK(torn == 0);
    CHECK(h.last(0));
}

TEST_CASE("OpenMetrics names counter families without _total, has canonical bounds and ends with EOF") {
    registry r;
    r.make_counter("mita_x_total", "A \"quoted\" help.").add(3);
    const std::array<double, 1> bounds{1};
    r.make_histogram("mita_d_seconds", "D.", {}, bounds);
    r.callback("mita_build_info", "Build.", "info", {{"version", "1"}}, [] { return 1.0; });
    CHECK(r.expose(true) ==
          "# HELP mita_build Build.\n# TYPE mita_build info\nmita_build_info{version=\"1\"} 1\n"
          "# HELP mita_d_seconds D.\n# TYPE mita_d_seconds histogram\n"
          "mita_d_seconds_bucket{le=\"1.0\"} 0\nmita_d_seconds_bucket{le=\"+Inf\"} 0\n"
          "mita_d_seconds_sum 0\nmita_d_seconds_count 0\n"
          "# HELP mita_x A \\\"quoted\\\" help.\n# TYPE mita_x counter\nmita_x_total 3\n# EOF\n");
    CHECK(r.expose().find("# TYPE mita_build_info gauge") != std::string::npos);
    CHECK(r.expose().find("EOF") == std::string::npos);
}

TEST_CASE("label values and help texts are escaped") {
    registry r;
    r.make_gauge("g", "line\none \\ two", {{"v", "a\"b\\c\nd"}});
    CHECK(r.expose() == "# HELP g line\\none \\\\ two\n# TYPE g gauge\ng{v=\"a\\\"b\\\\c\\nd\"} 0\n");
}

TEST_CASE("wrong names, types and bounds are the programmer's error") {
    registry r;
    CHECK_THROWS_AS(r.make_counter("mita_x", "No _total."), std::logic_error);
    CHECK_THROWS_AS(r.make_gauge("mita_x_total", "No counter."), std::logic_error);
    CHECK_THROWS_AS(r.make_gauge("1x", "."), std::logic_error);
    CHECK_THROWS_AS(r.make_gauge("x-y", "."), std::logic_error);
    CHECK_THROWS_AS(r.make_gauge("x", ".", {{"a:b", "v"}}), std::logic_error);
    CHECK_THROWS_AS(r.make_gauge("x", ".", {{"le", "v"}}), std::logic_error);
    CHECK_THROWS_AS(r.make_gauge("x", ".", {{"a", "1"}, {"a", "2"}}), std::logic_error);
    CHECK_THROWS_AS(r.callback("x", ".", "histogram", {}, [] { return 0.0; }), std::logic_error);
    r.make_gauge("taken", ".");
    CHECK_THROWS_AS(r.make_histogram("taken", "."), std::logic_error);
    const std::array<double, 2> falling{2, 1};
    CHECK_THROWS_AS(r.make_histogram("h", ".", {}, falling), std::logic_error);
    r.make_histogram("h2", ".");
    const std::array<double, 1> other{1};
    CHECK_THROWS_AS(r.make_histogram("h2", ".", {}, other), std::logic_error);
}

TEST_CASE("callbacks are read at scrape and join the cells of their series") {
    registry r;
    double level = 1.5;
    r.callback("mita_lag_seconds", "Lag.", "gauge", {{"thread", "0"}}, [&] { return level; });
    CHECK(r.expose().find("mita_lag_seconds{thread=\"0\"} 1.5\n") != std::string::npos);
    level = 0.25;
    CHECK(r.expose().find("mita_lag_seconds{thread=\"0\"} 0.25\n") != std::string::npos);
    r.callback("mita_n_total", "N.", "counter", {}, [] { return 2.0; });
    r.make_counter("mita_n_total", "N.").add(3);
    CHECK(r.expose().find("mita_n_total 5\n") != std::string::npos);
}

TEST_CASE("large counters stay exact") {
    registry r;
    r.make_counter("n_total", ".").add((std::uint64_t{1} << 53) + 1);
    CHECK(r.expose().find("n_total 9007199254740993\n") != std::string::npos);
}

TEST_CASE("quantiles interpolate linearly within their bucket") {
    const std::array<double, 3> bounds{1, 2, 4};
    const std::array<std::uint64_t, 4> none{};
    CHECK(quantile(bounds, none, 0.5) == 0);
    const std::array<std::uint64_t, 4> counts{10, 10, 0, 0};
    CHECK(quantile(bounds, counts, 0.5) == Approx(1));
    CHECK(quantile(bounds, counts, 0.25) == Approx(0.5));
    CHECK(quantile(bounds, counts, 0.75) == Approx(1.5));
    CHECK(quantile(bounds, counts, 1) == Approx(2));
    CHECK(quantile(bounds, counts, 0) == Approx(0));
    const std::array<std::uint64_t, 4> high{0, 0, 0, 5};
    CHECK(quantile(bounds, high, 0.5) == Approx(4));
}

TEST_CASE("observing and exposing from several threads loses nothing") {
    registry r;
    auto& h = r.make_histogram("h_seconds", ".");
    auto& c = r.make_counter("c_total", ".");
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t)
        threads.emplace_back([&] {
            for (int i = 0; i < 5000; ++i) {
                h.observe(0.001 * i);
                c.add();
            }
        });
    for (int i = 0; i < 50; ++i) r.expose();
    for (auto& t : threads) t.join();
    CHECK(c.value() == 15000);
    std::uint64_t total = 0;
    for (const auto n : h.buckets()) total += n;
    CHECK(total == 15000);
}

TEST_CASE("the process metrics hold plausible values") {
    registry r;
    register_process(r, "auth", "1.0.0", "abc123");
    const auto text = r.expose();
    for (const char* name : {"process_cpu_seconds_total ", "process_resident_memory_bytes ", "process_open_fds ",
                             "process_max_fds ", "process_start_time_seconds "})
        CHECK(text.find(std::string("\n") + name) != std::string::npos);
    CHECK(text.find("mita_build_info{commit=\"abc123\",service=\"auth\",version=\"1.0.0\"} 1\n") != std::string::npos);
    CHECK(resident_bytes() > 1 << 20);
    const auto value = [&](const std::string& name) {
        return std::stod(text.substr(text.find("\n" + name + " ") + name.size() + 2));
    };
    CHECK(value("process_open_fds") >= 3);
    const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
    CHECK(value("process_start_time_seconds") > now - 3600);
    CHECK(value("process_start_time_seconds") < now + 5);
}

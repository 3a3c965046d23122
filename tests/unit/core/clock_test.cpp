#include "core/clock.hpp"

#include "core/moved_clock.hpp"

#include <rapidcheck.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

namespace wall = mita::wall;
using namespace std::chrono_literals;

namespace {

struct clock_file {
    std::string path = (std::filesystem::temp_directory_path() / ("mita_clock_" + std::to_string(::getpid()))).string();
    ~clock_file() {
        wall::follow_system();
        std::filesystem::remove(path);
    }
    void write(const std::string& text) const { std::ofstream(path, std::ios::trunc) << text; }
};

wall::time_point at(const char* text) { return *wall::parse(text); }
bool near(wall::time_point t, const char* text) { return t >= at(text) && t < at(text) + 10s; }

}  // namespace

TEST_CASE("an instant is written as RFC 3339 with microseconds and Z") {
    CHECK(wall::format(wall::time_point(0us)) == "1970-01-01T00:00:00.000000Z");
    CHECK(wall::format(wall::time_point(1777586399123456us)) == "2026-04-30T21:59:59.123456Z");
    CHECK(wall::format(wall::time_point(-1us)) == "1969-12-31T23:59:59.999999Z");
}

TEST_CASE("an instant survives its text form") {
    CHECK(rc::check("format and parse are inverse", [] {
        const auto us = *rc::gen::inRange<std::int64_t>(-62135596800000000, 253402300799000000);
        const wall::time_point t{std::chrono::microseconds(us)};
        RC_ASSERT(wall::parse(wall::format(t)) == t);
    }));
}

TEST_CASE("offsets, fractions and leap days are read") {
    CHECK(wall::format(at("2026-04-30T23:59:59+02:00")) == "2026-04-30T21:59:59.000000Z");
    CHECK(wall::format(at("2026-04-30T23:59:59.5-05:30")) == "2026-05-01T05:29:59.500000Z");
    CHECK(wall::format(at("2024-02-29t12:00:00.123456789z")) == "2024-02-29T12:00:00.123456Z");
}

TEST_CASE("anything but a strict RFC 3339 instant is refused") {
    for (const char* text : {"",
                             "2026-04-30",
                             "2026-04-30T21:59:59",
                             "2026-04-30 21:59:59Z",
                             "2026-02-29T00:00:00Z",
                             "2026-13-01T00:00:00Z",
                             "2026-00-01T00:00:00Z",
                             "2026-04-31T00:00:00Z",
                             "2026-04-30T24:00:00Z",
                             "2026-04-30T23:60:00Z",
                             "2016-12-31T23:59:60Z",
                             "2026-04-30T21:59:59.Z",
                             "2026-04-30T21:59:59.1234567890Z",
                             "2026-04-30T21:59:59.1",
                             "2026-04-30T21:59:59+0200",
                             "2026-04-30T21:59:59+24:00",
                             "2026-04-30T21:59:59+02:60",
                             "2026-04-30T21:59:59ZZ",
                             "2026-04-30T21:59:59Z ",
                             " 2026-04-30T21:59:59Z",
                             "+026-04-30T21:59:59Z",
                             "2026-04-30T2a:59:59Z",
                             "9999-12-31T23:59:59-23:59",
                             "0000-01-01T00:00:00+00:01"})
        CHECK_FALSE(wall::parse(text).has_value());
}

TEST_CASE("a started clock begins at its instant and runs on") {
    const clock_file restore;
    wall::start_at("2026-04-10T08:00:00Z");
    const auto first = wall::now();
    CHECK(near(first, "2026-04-10T08:00:00Z"));
    while (wall::now() == first) {
    }
    CHECK(wall::now() > first);
    CHECK(wall::unix_seconds() >= 1775808000);
    CHECK_THROWS_AS(wall::start_at("tomorrow"), std::invalid_argument);
}

TEST_CASE("a clock file moves the clock at the next look, also twice within one tick of the file system") {
    const clock_file file;
    file.write("2026-04-10T08:00:00Z\n");
    wall::follow_file(file.path);
    CHECK(near(wall::now(), "2026-04-10T08:00:00Z"));
    for (int month = 1; month <= 9; ++month) {
        const auto text = "2027-0" + std::to_string(month) + "-01T00:00:00Z";
        file.write(text);
        CHECK(near(wall::now(), text.c_str()));
    }
    file.write("2025-01-01T00:00:00Z");
    CHECK(near(wall::now(), "2025-01-01T00:00:00Z"));
}

TEST_CASE("how far a clock was moved is said by when its file was written, not by when it was looked at") {
    const clock_file file;
    CHECK_FALSE(wall::moved_by().has_value());
    file.write("2026-04-10T08:00:00Z");
    wall::follow_file(file.path);
    const auto written = std::filesystem::last_write_time(file.path);
    const auto first = wall::moved_by();
    REQUIRE(first.has_value());
    CHECK(first->source == file.path);
    std::filesystem::last_write_time(file.path, written - std::chrono::seconds(7));  // as if written 7 s before
    CHECK(wall::moved_by()->ahead_us == first->ahead_us + 7'000'000);
    file.write("2026-04-10T08:00:11Z");
    std::filesystem::last_write_time(file.path, written);
    CHECK(wall::moved_by()->ahead_us == first->ahead_us + 11'000'000);
    CHECK(wall::moved_by()->said_us == first->said_us);
    std::filesystem::last_write_time(file.path, written + std::chrono::milliseconds(1));
    CHECK(wall::moved_by()->said_us == first->said_us + 1'000);
    wall::start_at("2026-04-10T08:00:00Z");
    CHECK(wall::moved_by()->source == "MITA_CLOCK");
}

TEST_CASE("who begins to follow a clock file long after it was written has the time of those who followed it then") {
    const clock_file file;
    file.write("2026-04-10T08:00:00Z");
    std::filesystem::last_write_time(file.path, std::filesystem::last_write_time(file.path) - 1h);
    wall::follow_file(file.path);
    CHECK(near(wall::now(), "2026-04-10T09:00:00Z"));
}

TEST_CASE("while a clock file is missing, empty or half written the former time runs on") {
    const clock_file file;
    file.write("2026-04-10T08:00:00Z");
    wall::follow_file(file.path);
    file.write("");
    CHECK(near(wall::now(), "2026-04-10T08:00:00Z"));
    file.write("2026-05-1");
    CHECK(near(wall::now(), "2026-04-10T08:00:00Z"));
    std::filesystem::remove(file.path);
    CHECK(near(wall::now(), "2026-04-10T08:00:00Z"));
    file.write("2026-05-10T08:00:00Z");
    CHECK(near(wall::now(), "2026-05-10T08:00:00Z"));
}

TEST_CASE("a clock file that is missing or malformed at the start is an error") {
    const clock_file file;
    CHECK_THROWS_AS(wall::follow_file(file.path), std::invalid_argument);
    file.write("noon");
    CHECK_THROWS_AS(wall::follow_file(file.path), std::invalid_argument);
}

TEST_CASE("threads may read a followed clock while its file moves") {
    const clock_file file;
    file.write("2026-04-10T08:00:00Z");
    wall::follow_file(file.path);
    std::vector<std::thread> readers;
    std::atomic<int> strange{0};
    for (int i = 0; i < 3; ++i)
        readers.emplace_back([&] {
            for (int n = 0; n < 2000; ++n) {
                const auto t = wall::now();
                if (t < at("2026-04-10T08:00:00Z") || t > at("2026-04-12T08:00:00Z")) ++strange;
            }
        });
    for (int n = 0; n < 50; ++n) file.write(n % 2 ? "2026-04-10T09:00:00Z" : "2026-04-11T09:00:00Z");
    for (auto& t : readers) t.join();
    CHECK(strange == 0);
}

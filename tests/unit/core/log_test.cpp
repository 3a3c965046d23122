#include "core/log.hpp"

#include "core/clock.hpp"
#include "core/json_parse.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <boost/json/value.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <sstream>
#include <thread>
#include <vector>

using mita::log_level;
using mita::logger;

namespace {

struct pipe_pair {
    pipe_pair() { REQUIRE(::pipe2(fd, O_CLOEXEC) == 0); }
    ~pipe_pair() {
        close_reader();
        ::close(fd[1]);
    }
    void close_reader() {
        if (fd[0] >= 0) ::close(fd[0]);
        fd[0] = -1;
    }
    // Everything written so far; the log was flushed before.
    std::string read_all() {
        ::fcntl(fd[0], F_SETFL, O_NONBLOCK);
        std::string out;
        char buffer[65536];
        for (ssize_t n; (n = ::read(fd[0], buffer, sizeof buffer)) > 0;)
            out.append(buffer, static_cast<std::size_t>(n));
        return out;
    }
    int fd[2];
};

std::vector<boost::json::value> lines(const std::string& text) {
    std::vector<boost::json::value> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) {
        boost::json::value v;
        INFO(line);
        REQUIRE_FALSE(mita::parse_json(line, {}, v).has_value());
        out.push_back(std::move(v));
    }
    return out;
}

std::string text_of(const boost::json::value& v, const char* key) { return std::string(v.at(key).as_string()); }

}  // namespace

TEST_CASE("a line is one JSON object with time, level, service and event first") {
    pipe_pair p;
    mita::wall::start_at("2026-04-10T08:00:00Z");
    logger log("auth", log_level::info, p.fd[1]);
    log.info("started")
        .with("port", 8081)
        .with("name", "x")
        .with("ratio", 0.5)
        .with("ok", true)
        .with("n", std::uint64_t{7});
    log.flush();
    mita::wall::follow_system();
    const auto text = p.read_all();
    CHECK(text.starts_with("{\"ts\":\"2026-04-10T08:00:0"));
    CHECK(
        text.find(
            "\"level\":\"info\",\"service\":\"auth\",\"event\":\"started\",\"port\":8081,\"name\":\"x\",\"ratio\":0.5,"
            "\"ok\":true,\"n\":7}\n") != std::string::npos);
    const auto all = lines(text);
    REQUIRE(all.size() == 1);
    CHECK(mita::wall::parse(text_of(all[0], "ts")).has_value());
    CHECK(text_of(all[0], "ts").size() == 27);
}

TEST_CASE("levels below the logger's are not built") {
    pipe_pair p;
    logger log("x", log_level::warn, p.fd[1]);
    log.debug("a");
    log.info("b").with("k", "v");
    log.warn("c");
    log.error("d");
    log.flush();
    CHECK(lines(p.read_all()).size() == 2);
    CHECK(log.enabled(log_level::error));
    CHECK_FALSE(log.enabled(log_level::info));
    logger off("x", log_level::off, p.fd[1]);
    CHECK_FALSE(off.enabled(log_level::error));
    CHECK(mita::parse_log_level("debug", log_level::info) == log_level::debug);
    CHECK(mita::parse_log_level("loud", log_level::info) == log_level::info);
}

TEST_CASE("no value can forge a line: control characters are escaped and broken UTF-8 replaced") {
    pipe_pair p;
    logger log("x", log_level::info, p.fd[1]);
    log.info("request")
        .with("path", "/a\n{\"level\":\"error\"}\r\x1b[2J\xff\"\\")
        .with("odd\nkey", 1)
        .with("nan", std::numeric_limits<double>::quiet_NaN());
    log.flush();
    const auto text = p.read_all();
    CHECK(std::count(text.begin(), text.end(), '\n') == 1);
    const auto all = lines(text);
    REQUIRE(all.size() == 1);
    CHECK(text_of(all[0], "path") == "/a\n{\"level\":\"error\"}\r\x1b[2J\xef\xbf\xbd\"\\");
    CHECK(all[0].at("nan").is_null());
}

TEST_CASE("numbers are written with the digits that give them back") {
    pipe_pair p;
    logger log("x", log_level::info, p.fd[1]);
    std::vector<double> numbers{0,    0.001, 0.01,      0.1,  1.5, 12.34, 999.999,
                                1000, 1e-7,  0.1 + 0.2, -2.5, 1e9, 1e300, 999'999'999.999};
    for (int microseconds = 0; microseconds < 3000; microseconds += 13) numbers.push_back(microseconds / 1000.0);
    const std::vector<std::int64_t> integers{0, -1, std::numeric_limits<std::int64_t>::min(),
                                             std::numeric_limits<std::int64_t>::max()};
    for (const double n : numbers) log.info("n").with("n", n);
    for (const auto n : integers) log.info("n").with("n", n);
    log.flush();
    const auto text = p.read_all();
    std::size_t at = 0;
    for (const auto& line : lines(text)) {
        if (at < numbers.size())
            CHECK(line.at("n").to_number<double>() == numbers[at]);
        else
            CHECK(line.at("n").as_int64() == integers[at - numbers.size()]);
        ++at;
    }
    CHECK(at == numbers.size() + integers.size());
    for (const char* shown : {"\"n\":0}", "\"n\":0.001}", "\"n\":0.01}", "\"n\":0.1}", "\"n\":12.34}", "\"n\":1000}",
                              "\"n\":0.30000000000000004}"})
        CHECK(text.find(shown) != std::string::npos);
}

TEST_CASE("lines of several threads stay whole and none is lost") {
    pipe_pair p;
    std::string text;
    {
        logger log("x", log_level::info, p.fd[1], 16 << 20);
        std::thread reader([&] {
            char buffer[4096];
            while (std::count(text.begin(), text.end(), '\n') < 4000) {
                const auto n = ::read(p.fd[0], buffer, sizeof buffer);
                if (n <= 0) break;
                text.append(buffer, static_cast<std::size_t>(n));
            }
        });
        std::vector<std::thread> writers;
        for (int t = 0; t < 4; ++t)
            writers.emplace_back([&log, t] {
                for (int i = 0; i < 1000; ++i) log.info("e").with("t", t).with("i", i);
            });
        for (auto& w : writers) w.join();
        reader.join();
        CHECK(log.dropped() == 0);
    }
    const auto all = lines(text);
    REQUIRE(all.size() == 4000);
    std::vector<int> next(4, 0);
    for (const auto& line : all)
        CHECK(line.at("i").as_int64() == next[static_cast<std::size_t>(line.at("t").as_int64())]++);
}

TEST_CASE("a stuck reader blocks nobody: lines past the bound are dropped, counted, and told when it reads again") {
    pipe_pair p;
    logger log("x", log_level::info, p.fd[1], 256 << 10);
    const auto start = std::chrono::steady_clock::now();
    const std::string filler(1000, 'f');
    for (int i = 0; i < 2000; ++i) log.info("e").with("filler", filler);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
    const auto lost = log.dropped();
    CHECK(lost > 1000);
    std::string text;
    while (text.find("log_dropped") == std::string::npos) {
        char buffer[65536];
        const auto n = ::read(p.fd[0], buffer, sizeof buffer);
        REQUIRE(n > 0);
        text.append(buffer, static_cast<std::size_t>(n));
    }
    const auto at = text.find("\"lines\":", text.find("log_dropped"));
    CHECK(std::stoull(text.substr(at + 8)) == lost);
}

TEST_CASE("the logger ends within its second also when nobody reads, and with a closed reader at once") {
    using std::chrono::steady_clock;
    const auto start = steady_clock::now();
    {
        pipe_pair p;
        logger log("x", log_level::info, p.fd[1], 1 << 20);
        for (int i = 0; i < 500; ++i) log.info("e").with("filler", std::string(1000, 'f'));
    }
    CHECK(steady_clock::now() - start < std::chrono::seconds(4));
    pipe_pair closed;
    closed.close_reader();
    const auto again = steady_clock::now();
    std::uint64_t lost = 0;
    {
        logger log("x", log_level::info, closed.fd[1]);
        log.info("nobody").with("reads", "this");
        log.flush();
        lost = log.dropped();
    }
    CHECK(lost == 1);
    CHECK(steady_clock::now() - again < std::chrono::seconds(1));
}

TEST_CASE("what is queued at the end is written") {
    const auto path = (std::filesystem::temp_directory_path() / ("mita_log_" + std::to_string(::getpid()))).string();
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    REQUIRE(fd >= 0);
    {
        logger log("x", log_level::info, fd);
        for (int i = 0; i < 100; ++i) log.info("e").with("i", i);
    }
    std::string text(1 << 16, '\0');
    text.resize(static_cast<std::size_t>(::pread(fd, text.data(), text.size(), 0)));
    CHECK(lines(text).size() == 100);
    ::close(fd);
    std::filesystem::remove(path);
}

#include "auth/hashing/job_queue.hpp"
#include "auth/hashing/speed.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

using namespace mita::hashing;
using mita::deadline;
using mita::secret;
using namespace std::chrono_literals;

namespace {

waiting_job named(const std::string& name, std::uint64_t client) {
    waiting_job w{{}, nullptr, job_class::login, client, deadline::after(1h), {}};
    w.what.password = secret(std::string_view(name));
    return w;
}

bool yes(const waiting_job&) { return true; }
bool no(const waiting_job&) { return false; }

std::vector<std::string> drain(job_queue& q, bool in_time = true) {
    std::vector<std::string> out;
    while (auto j = q.pop(yes, in_time ? yes : no)) out.emplace_back(j->what.password.view());
    return out;
}

}  // namespace

TEST_CASE("L6: clients take turns, each in its own order") {
    job_queue q;
    for (const char* name : {"a1", "a2", "a3", "a4"}) q.push(named(name, 1));
    q.push(named("b1", 2));
    q.push(named("c1", 3));
    q.push(named("b2", 2));
    CHECK(q.size() == 7);
    CHECK(drain(q) == std::vector<std::string>{"a1", "b1", "c1", "a2", "b2", "a3", "a4"});
    CHECK(q.size() == 0);
}

TEST_CASE("A client whose oldest job would be late is served newest first") {
    job_queue q;
    for (const char* name : {"a1", "a2", "a3"}) q.push(named(name, 1));
    for (const char* name : {"b1", "b2"}) q.push(named(name, 2));
    CHECK(drain(q, false) == std::vector<std::string>{"a3", "b2", "a2", "b1", "a1"});
}

TEST_CASE("Jobs that may not start yet are passed over, not lost") {
    job_queue q;
    q.push(named("big", 1));
    q.push(named("small", 2));
    const auto small_only = [](const waiting_job& j) { return j.what.password.view() == "small"; };
    CHECK(q.any(small_only));
    auto first = q.pop(small_only, yes);
    REQUIRE(first);
    CHECK(first->what.password.view() == "small");
    CHECK_FALSE(q.pop(small_only, yes));
    CHECK_FALSE(q.any(small_only));
    CHECK(q.size() == 1);
}

TEST_CASE("Hopeless jobs are taken out from anywhere in the queue") {
    job_queue q;
    for (const char* name : {"a1", "xa", "a2"}) q.push(named(name, 1));
    q.push(named("xb", 2));
    auto gone = q.remove_if([](const waiting_job& j) { return j.what.password.view().starts_with('x'); });
    CHECK(gone.size() == 2);
    CHECK(q.size() == 2);
    CHECK(drain(q) == std::vector<std::string>{"a1", "a2"});
}

TEST_CASE("L6: a newcomer waits for one job of each other client, a flood for itself") {
    job_queue q;
    for (int i = 0; i < 50; ++i) q.push(named("flood", 1));
    q.push(named("other", 2));
    CHECK(q.ahead_of(3) == 2);
    CHECK(q.ahead_of(2) == 1 + 2);
    CHECK(q.ahead_of(1) == 50 + 1);
}

TEST_CASE("Whatever is pushed comes out once, and no client is served twice while another waits") {
    CHECK(rc::check([] {
        job_queue q;
        const auto clients = *rc::gen::container<std::vector<std::uint64_t>>(rc::gen::inRange<std::uint64_t>(0, 5));
        std::map<std::uint64_t, int> waiting;
        for (const auto c : clients) {
            q.push(named("j", c));
            ++waiting[c];
        }
        std::map<std::uint64_t, int> served;
        std::size_t out = 0;
        while (auto j = q.pop(yes, yes)) {
            ++out;
            --waiting[j->client];
            ++served[j->client];
            for (const auto& [client, left] : waiting) RC_ASSERT(left == 0 || served[client] + 1 >= served[j->client]);
        }
        RC_ASSERT(out == clients.size());
    }));
}

TEST_CASE("The predicted start is exact for equal jobs on lanes of any state") {
    CHECK(rc::check([] {
        const auto lanes = *rc::gen::inRange<std::size_t>(1, 13);
        std::vector<double> left;
        for (std::size_t i = 0; i < lanes; ++i) left.push_back(*rc::gen::inRange(0, 100));
        const auto ahead = *rc::gen::inRange<std::size_t>(0, 60);
        std::vector<double> simulated = left;
        double start = 0;
        for (std::size_t job = 0; job <= ahead; ++job) {
            auto next = std::min_element(simulated.begin(), simulated.end());
            start = *next;
            *next += 100;
        }
        RC_ASSERT(predicted_start_ns(left, ahead, 100) == start);
    }));
}

TEST_CASE("The speed follows the measurements at all widths, and one stop of the thread is forgotten by work") {
    speed s;
    s.seed({0, 27e3, 28e3, 30e3, 33e3, 38e3, 44e3});
    CHECK(s.round_ns(6) == Approx(44e3));
    for (int i = 0; i < 3000; ++i) s.observe_rounds(6, 8, 8 * 88e3);
    CHECK(s.round_ns(6) == Approx(88e3).epsilon(0.01));
    CHECK(s.round_ns(1) == Approx(54e3).epsilon(0.01));
    s.observe_rounds(6, 8, 1e12);
    CHECK(s.round_ns(6) < 200e3);
    for (int i = 0; i < 5000; ++i) s.observe_rounds(1, 8, 8 * 27e3);
    CHECK(s.round_ns(6) == Approx(44e3).epsilon(0.01));
}

TEST_CASE("A thread that is scheduled half of the time is seen as half as fast") {
    speed s;
    s.seed({0, 27e3, 28e3, 30e3, 33e3, 38e3, 44e3});
    for (int slice = 0; slice < 400; ++slice) {
        for (int i = 0; i < 50; ++i) s.observe_rounds(6, 8, 8 * 44e3);
        s.observe_rounds(6, 8, 8 * 44e3 + 51 * 8 * 44e3);
    }
    CHECK(s.round_ns(6) == Approx(88e3).epsilon(0.1));
}

// How an instance stands after failures, successes and checks, on a clock of the test.
#include "http/standing.hpp"

#include <catch2/catch.hpp>

using namespace mita::http;
using namespace std::chrono_literals;
using rank = standing::rank;

namespace {

constexpr standing::time start{1'000s};

bool fail(standing& s, int times, standing::time at) {
    bool ejected = false;
    for (int i = 0; i < times; ++i) ejected = s.failed(at);
    return ejected;
}

}  // namespace

TEST_CASE("Five failures in a row eject an instance, four with a success between do not") {
    standing s("a:1");
    CHECK_FALSE(fail(s, 4, start));
    s.succeeded();
    CHECK_FALSE(fail(s, 4, start));
    CHECK(s.at(start) == rank::good);
    CHECK(s.failed(start));
    CHECK(s.at(start + 800ms) == rank::ejected);
    CHECK_FALSE(fail(s, 20, start + 800ms));  // what was under way before
    CHECK(s.at(start + 1'200ms) == rank::returning);
}

TEST_CASE("Who fails while returning is left out twice as long, half a minute at most") {
    standing s("a:1");
    fail(s, 5, start);
    auto now = start;
    for (const std::chrono::milliseconds length : {2s, 4s, 8s, 16s, 32s, 32s, 32s}) {
        now += 40s;
        REQUIRE(s.at(now) == rank::returning);
        CHECK(s.failed(now));
        CHECK(s.at(now + length * 85 / 100) == rank::ejected);
        CHECK(s.at(now + length * 115 / 100) == rank::returning);
    }
}

TEST_CASE("An instance returns slowly: twice as many at once with each success, and is good after seven") {
    standing s("a:1");
    fail(s, 5, start);
    const auto now = start + 2s;
    for (const unsigned at_once : {1u, 2u, 4u, 8u, 16u, 32u, 64u}) {
        CHECK(s.at_once() == at_once);
        CHECK(s.at(now) == rank::returning);
        s.succeeded();
    }
    CHECK(s.at(now) == rank::good);
    CHECK(s.untroubled());
    CHECK(fail(s, 5, now));
    CHECK(s.at(now + 1'200ms) == rank::returning);  // the first again: a second
}

TEST_CASE(
    "A check that finds an instance away or not ready lets others go first, and one that finds it again ends that") {
    standing s("a:1");
    CHECK_FALSE(s.checked(true, false, start));
    CHECK(s.at(start) == rank::unready);
    CHECK_FALSE(s.checked(true, true, start));
    CHECK(s.at(start) == rank::good);
    bool ejected = false;
    for (int i = 0; i < 5; ++i) ejected = s.checked(false, false, start);
    CHECK(ejected);
    fail(s, 1, start + 2s);  // returning: two seconds more
    CHECK(s.at(start + 3s) == rank::ejected);
    CHECK_FALSE(s.checked(true, false, start + 3s));  // it starts
    CHECK(s.at(start + 3s) == rank::ejected);
    CHECK_FALSE(s.checked(true, true, start + 3s));  // it is back
    CHECK(s.at(start + 3s) == rank::returning);
}

TEST_CASE("Who answers checks and fails requests stays out for its time but for the first") {
    standing s("a:1");
    fail(s, 5, start);
    s.checked(true, true, start + 100ms);
    CHECK(s.at(start + 100ms) == rank::returning);
    CHECK(s.failed(start + 200ms));
    s.checked(true, true, start + 300ms);
    CHECK(s.at(start + 1'900ms) == rank::ejected);
    CHECK(s.at(start + 2'500ms) == rank::returning);
}

TEST_CASE("The circuit of a service is as good as the best of its instances") {
    standings all;
    CHECK(all.circuit(start) == 2);
    const auto a = all.of("a:1"), b = all.of("b:1");
    CHECK(all.of("a:1") == a);
    CHECK(all.circuit(start) == 0);
    fail(*a, 5, start);
    CHECK(all.circuit(start) == 0);
    fail(*b, 5, start);
    CHECK(all.circuit(start) == 2);
    CHECK(all.circuit(start + 2s) == 1);
}

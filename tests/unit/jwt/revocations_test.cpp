#include "jwt/revocations.hpp"

#include "jwt/token_memory.hpp"
#include "jwt/wall_watch.hpp"
#include "unit/jwt/forge.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <thread>
#include <vector>

using namespace mita;
using namespace mita::jwt;
using namespace mita::jwt::test;

TEST_CASE("Revocations apply in any order, repeated or not, to the same result") {
    CHECK(rc::check([] {
        std::vector<revocation> all;
        std::vector<claims> tokens;
        for (int i = 0; i < 8; ++i) {
            tokens.push_back(good_claims(t0 + i));
            const auto& c = tokens.back();
            if (i % 4 == 0) all.push_back({i + 1, revocation_kind::session, c.who.session_id.str(), 0, t0 + 900});
            if (i % 4 == 1) all.push_back({i + 1, revocation_kind::user, c.who.user_id.str(), t0 + 3, t0 + 900});
            if (i % 4 == 2) all.push_back({i + 1, revocation_kind::token, c.jti.str(), 0, t0 + 900});
        }
        const auto order = *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, all.size()));
        revocations r;
        std::set<std::size_t> applied;
        for (const auto i : order) {
            r.apply({all[i]}, 0, t0);
            applied.insert(i);
        }
        const auto generation = r.generation();
        RC_ASSERT(generation == applied.size());
        for (const auto i : order) r.apply({all[i]}, 0, t0);
        RC_ASSERT(r.generation() == generation);
        RC_ASSERT(r.size() == applied.size());
        for (std::size_t i = 0, at = 0; i < tokens.size(); ++i) {
            if (i % 4 == 3) {
                RC_ASSERT(!r.revoked(tokens[i]));
                continue;
            }
            const bool hit = applied.count(at++) != 0 && (i % 4 != 1 || tokens[i].issued_at < t0 + 3);
            RC_ASSERT(r.revoked(tokens[i]) == hit);
        }
    }));
}

TEST_CASE("The sequence only grows, but for a restart, which keeps what was known") {
    revocations r;
    const auto a = good_claims(), b = good_claims();
    r.apply({{5, revocation_kind::session, a.who.session_id.str(), 0, t0 + 900}}, 5, t0);
    CHECK(r.sequence() == 5);
    r.apply({}, 3, t0);
    CHECK(r.sequence() == 5);
    r.restart({{2, revocation_kind::session, b.who.session_id.str(), 0, t0 + 900}}, 2, t0);
    CHECK(r.sequence() == 2);
    CHECK(r.revoked(a));
    CHECK(r.revoked(b));
}

TEST_CASE("An entry whose id is not of its kind is skipped; of two dates for one user the later holds") {
    revocations r;
    r.apply({{1, revocation_kind::session, "not-a-uuid", 0, t0 + 900}, {2, revocation_kind::user, "", 0, t0}}, 2, t0);
    CHECK(r.size() == 0);
    CHECK(r.generation() == 0);
    CHECK(r.sequence() == 2);
    const auto c = good_claims(t0);
    r.apply({{3, revocation_kind::user, c.who.user_id.str(), t0 + 1, t0 + 900},
             {4, revocation_kind::user, c.who.user_id.str(), t0 - 5, t0 + 900}},
            4, t0);
    CHECK(r.revoked(c));
    CHECK(r.size() == 1);
}

TEST_CASE("Readers and a writer at once see either state, never less than what was applied before they began") {
    revocations r;
    std::vector<claims> tokens;
    for (int i = 0; i < 500; ++i) tokens.push_back(good_claims());
    std::atomic<int> applied{0}, wrong{0};
    std::thread reader([&] {
        while (applied < 500) {
            const int n = applied;
            for (int i = 0; i < n; ++i) wrong += r.revoked(tokens[static_cast<std::size_t>(i)]) ? 0 : 1;
        }
    });
    for (int i = 0; i < 500; ++i) {
        r.apply({{i + 1, revocation_kind::token, tokens[static_cast<std::size_t>(i)].jti.str(), 0, t0 + 900}}, i + 1,
                t0);
        applied = i + 1;
    }
    reader.join();
    CHECK(wrong == 0);
    CHECK(r.sequence() == 500);
}

TEST_CASE("C6: the memory of refused tokens is fixed in size, forgets in time and tells salts apart") {
    token_memory m(64);
    const auto d = m.digest_of("token"), other = m.digest_of("token", 1);
    CHECK(!(d == other));
    m.add(d, 1000);
    CHECK(m.contains(d, 999));
    CHECK_FALSE(m.contains(d, 1000));
    CHECK_FALSE(m.contains(other, 0));
    for (int i = 0; i < 10'000; ++i) m.add(m.digest_of("t" + std::to_string(i)), 1000);
    int kept = 0;
    for (int i = 0; i < 10'000; ++i) kept += m.contains(m.digest_of("t" + std::to_string(i)), 0) ? 1 : 0;
    CHECK(kept <= 64);
    CHECK(kept > 32);
}

TEST_CASE("C9: the watch holds the time for tokens older than a step back, and only for those") {
    wall_watch w;
    w.observe(1000, 0);
    CHECK(w.judge_at(500, 1000, 0) == 1000);
    w.observe(1100, 100'000);
    w.observe(1050, 101'000);  // back by 51 s
    CHECK(w.judge_at(900, 1050, 101'000) == 1101);
    CHECK(w.judge_at(1049, 1050, 101'000) == 1050);
    CHECK(w.judge_at(1050, 1050, 101'000) == 1050);
    CHECK(w.judge_at(900, 1060, 111'000) == 1111);
    w.observe(1110, 161'000);
    CHECK(w.judge_at(900, 1110, 161'000) == 1161);
    // Seconds cut off and small corrections are no steps.
    wall_watch calm;
    for (std::int64_t ms = 0; ms < 100'000; ms += 333) {
        calm.observe((5'000'000 + ms) / 1000, ms);
        CHECK(calm.judge_at(0, (5'000'000 + ms) / 1000, ms) == (5'000'000 + ms) / 1000);
    }
}

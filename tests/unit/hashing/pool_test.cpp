// The hashing pool: right answers, from lanes that are right.
#include "pool_support.hpp"

#include <atomic>
#include <map>

using namespace test_pool;

namespace {

void broken(lane*) {}  // a kernel that does nothing: every digest is wrong

}  // namespace

TEST_CASE("A job is answered once, on a thread of the pool: match, mismatch, a new hash") {
    mita::metrics::registry registry;
    auto o = small(1);
    o.times = make_instruments(registry);
    pool p(o);
    expose(registry, p);
    collector c;
    const std::string hash = "$2b$04$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm";
    p.submit(place(p), verifying("Kk4DQuMMfZL9o", hash), c.expect("right"));
    p.submit(place(p), verifying("kk4DQuMMfZL9o", hash), c.expect("wrong"));
    p.submit(place(p), hashing_job("new", 5), c.expect("new"));
    auto must_not = verifying("Kk4DQuMMfZL9o", hash);
    must_not.must_mismatch = true;
    p.submit(place(p), std::move(must_not), c.expect("unknown user"));
    c.wait(4);
    CHECK(c.of("right").what == outcome::match);
    CHECK(c.of("wrong").what == outcome::mismatch);
    CHECK(c.of("unknown user").what == outcome::mismatch);
    CHECK(c.of("new").what == outcome::hashed);
    CHECK(c.of("new").hash == by_crypt_r("new", bcrypt::format(setting_of('b', 5, 1))));
    CHECK(c.only_on_other_threads());
    const auto s = p.stats();
    CHECK(s.bcrypt_hashes[4] == 3);
    CHECK(s.bcrypt_hashes[5] == 1);
    CHECK(s.by_class[0].admitted == 4);
    CHECK(s.by_class[0].queued + s.by_class[0].reserved + s.by_class[0].active == 0);
    const auto text = registry.expose();
    CHECK_THAT(text, Catch::Contains("mita_auth_password_hash_duration_seconds_count 4"));
    CHECK_THAT(text, Catch::Contains("mita_auth_hash_wait_seconds_count{class=\"login\"} 4"));
    CHECK_THAT(text, Catch::Contains("mita_auth_hashes_total{algorithm=\"bcrypt\",cost=\"4\"} 3"));
    CHECK_FALSE(s.kernel.degraded);
    CHECK(s.libxcrypt_hashes == 0);
}

TEST_CASE("Many jobs of mixed costs from several threads are all right") {
    const unsigned threads = GENERATE(1U, 3U);
    pool p(small(threads));
    collector c;
    std::map<std::string, std::string> expected;
    for (unsigned i = 0; i < 60; ++i) {
        const auto how = setting_of('b', 4 + i % 3, i);
        expected[std::to_string(i)] = by_crypt_r(std::to_string(i), bcrypt::format(how));
    }
    std::vector<std::thread> callers;
    for (unsigned t = 0; t < 3; ++t) {
        callers.emplace_back([&, t] {
            for (unsigned i = t; i < 60; i += 3) {
                auto a = p.admit(job_class::login, i % 5, deadline::after(10min));
                if (a)
                    p.submit(std::move(*a.place), hashing_job(std::to_string(i), 4 + i % 3, i),
                             c.expect(std::to_string(i)));
            }
        });
    }
    for (auto& t : callers) t.join();
    const auto results = c.wait(60);
    for (const auto& [name, r] : results) {
        CHECK(r.what == outcome::hashed);
        CHECK(r.hash == expected[name]);
    }
}

TEST_CASE("A short job joins a long one that already runs: no job waits for a batch") {
    pool p(small(1));
    collector c;
    p.submit(place(p), hashing_job("long", 11), c.expect("long"));
    while (p.stats().by_class[0].active == 0) std::this_thread::yield();
    p.submit(place(p), hashing_job("short", 4), c.expect("short"));
    c.wait(2);
    CHECK(c.place_of("short") == 0);
}

TEST_CASE("Two jobs on two idle threads run side by side, not interleaved") {
    pool p(small(2));
    collector c;
    p.submit(place(p), hashing_job("one", 9), c.expect("one"));
    p.submit(place(p), hashing_job("two", 9), c.expect("two"));
    c.wait(2);
    pool_stats s;
    do s = p.stats();
    while (s.rounds_by_width[1] < 2 * (lane_engine::rounds(9) - 1));
    CHECK(s.rounds_by_width[2] == 0);
}

TEST_CASE("P7: a wrong password for a cheap old hash takes the rounds of today's cost, the right one does not") {
    const bool lanes = GENERATE(true, false);
    static const lane_kernels wrong{"broken", {nullptr, broken, broken, broken, broken, broken, broken}};
    auto o = small(1);
    if (!lanes) o.kernels = &wrong;
    pool p(o);
    collector c;
    const auto hash = by_crypt_r("right", bcrypt::format(setting_of('b', 4, 1)));
    for (const char* password : {"right", "wrong"}) {
        auto j = verifying(password, hash);
        std::get<bcrypt_work>(j.work).mismatch_cost = 9;
        p.submit(place(p), std::move(j), c.expect(password));
        c.wait(password == std::string("right") ? 1 : 2);
    }
    CHECK(c.of("right").what == outcome::match);
    CHECK(c.of("wrong").what == outcome::mismatch);
    CHECK(c.of("wrong").worked > 8 * c.of("right").worked);  // 32 times the rounds
    p.submit(place(p), hashing_job("next", 4), c.expect("next"));
    c.wait(3);
    if (lanes) CHECK(p.stats().rounds_by_width[1] >= lane_engine::rounds(4) + lane_engine::rounds(9) - 2);
}

TEST_CASE("A kernel that computes wrongly is found at start, and libxcrypt takes over with right answers") {
    static const lane_kernels wrong{"broken", {nullptr, broken, broken, broken, broken, broken, broken}};
    auto o = small(1);
    o.kernels = &wrong;
    pool p(o);
    CHECK(p.kernel().fallback);
    CHECK(p.kernel().degraded);
    CHECK_FALSE(p.kernel().message.empty());
    collector c;
    for (int i = 0; i < 4; ++i) p.submit(place(p), hashing_job("still right", 5), c.expect("hash"));
    p.submit(place(p), verifying(std::string("abc\0def", 7), by_crypt_r("abc", "$2b$04$cVWp4XaNU8a4v1uMRum2SO")),
             c.expect("NUL"));
    for (const auto& [name, r] : c.wait(5)) {
        if (name == "hash") CHECK(r.hash == by_crypt_r("still right", bcrypt::format(setting_of('b', 5, 1))));
    }
    CHECK(c.of("NUL").what == outcome::mismatch);
    CHECK(p.stats().libxcrypt_hashes >= 4);
    CHECK(p.stats().lanes == 1);
}

TEST_CASE("A width that computes wrongly is not used; the others go on") {
    lane_kernels partly = *available_kernels().front();
    partly.refill[6] = partly.refill[3] = broken;
    auto o = small(1);
    o.kernels = &partly;
    pool p(o);
    CHECK_FALSE(p.kernel().fallback);
    CHECK(p.kernel().degraded);
    CHECK(p.kernel().usable == std::array<bool, 7>{false, true, true, false, true, true, false});
    CHECK_THAT(p.kernel().message, Catch::Contains("3, 6"));
    collector c;
    std::vector<ticket> tickets;
    for (int i = 0; i < 12; ++i) tickets.push_back(place(p));
    for (auto& t : tickets) p.submit(std::move(t), hashing_job("right", 6), c.expect("hash"));
    const auto expected = by_crypt_r("right", bcrypt::format(setting_of('b', 6, 1)));
    for (const auto& [name, r] : c.wait(12)) CHECK(r.hash == expected);
}

TEST_CASE("argon2id jobs are computed, and no more at once than their memory allows") {
    auto o = small(3);
    o.expects_argon2 = true;
    o.argon2 = {8192, 1};
    o.argon2_memory = 2 * o.argon2.bytes();
    pool p(o);
    collector c;
    std::atomic<bool> watching{true};
    std::size_t most = 0;
    std::thread watcher([&] {
        while (watching) most = std::max(most, p.stats().by_class[0].active);
    });
    for (int i = 0; i < 12; ++i) {
        job j;
        j.password = secret(std::string_view("argon"));
        j.work = argon2_work{o.argon2, std::nullopt};
        p.submit(place(p), std::move(j), c.expect("hash"));
    }
    const auto results = c.wait(12);
    watching = false;
    watcher.join();
    CHECK(most <= 2);
    for (const auto& [name, r] : results) {
        CHECK(r.what == outcome::hashed);
        CHECK(argon2::verify("argon", r.hash));
    }
    job j;
    j.password = secret(std::string_view("wrong"));
    j.work = argon2_work{o.argon2, results[0].second.hash};
    p.submit(place(p), std::move(j), c.expect("verify"));
    c.wait(13);
    CHECK(c.of("verify").what == outcome::mismatch);
    CHECK(p.stats().argon2_hashes == 13);
}

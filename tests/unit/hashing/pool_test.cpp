#include "auth/hashing/pool.hpp"

#include "unit/hashing/support.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

using namespace mita::hashing;
using mita::deadline;
using mita::secret;
using namespace std::chrono_literals;

namespace {

// Collects results by name, in order of completion.
class collector {
public:
    std::unique_ptr<completion> expect(const std::string& name) {
        return make_completion([this, name](result&& r) {
            const std::lock_guard lock(mutex_);
            results_.emplace_back(name, std::move(r));
            threads_.push_back(std::this_thread::get_id());
            changed_.notify_all();
        });
    }
    // Waits for n results in all; a test that hangs fails here after a minute.
    std::vector<std::pair<std::string, result>> wait(std::size_t n) {
        std::unique_lock lock(mutex_);
        const bool all = changed_.wait_for(lock, 60s, [&] { return results_.size() >= n; });
        REQUIRE(all);
        return results_;
    }
    result of(const std::string& name) {
        const std::lock_guard lock(mutex_);
        const auto found =
            std::find_if(results_.begin(), results_.end(), [&](const auto& r) { return r.first == name; });
        REQUIRE(found != results_.end());
        return found->second;
    }
    std::size_t place_of(const std::string& name) {
        const std::lock_guard lock(mutex_);
        const auto found =
            std::find_if(results_.begin(), results_.end(), [&](const auto& r) { return r.first == name; });
        return static_cast<std::size_t>(found - results_.begin());
    }
    bool only_on_other_threads() {
        const std::lock_guard lock(mutex_);
        return std::find(threads_.begin(), threads_.end(), std::this_thread::get_id()) == threads_.end();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::pair<std::string, result>> results_;
    std::vector<std::thread::id> threads_;
};

pool_options small(unsigned threads, unsigned cost = 4) {
    pool_options o;
    o.threads = threads;
    o.expected_cost = cost;
    return o;
}

job hashing_job(const std::string& password, unsigned cost, std::uint32_t seed = 1) {
    job j;
    j.password = secret(std::string_view(password));
    j.work = bcrypt_work{setting_of('b', cost, seed), std::nullopt};
    return j;
}

job verifying(const std::string& password, const std::string& hash) {
    const auto parsed = bcrypt::parse_hash(hash);
    REQUIRE(parsed);
    job j;
    j.password = secret(std::string_view(password));
    j.work = bcrypt_work{parsed->how, parsed->sum};
    return j;
}

ticket place(pool& p, job_class k = job_class::login, std::uint64_t client = 1, deadline d = deadline::after(10min)) {
    auto a = p.admit(k, client, d);
    REQUIRE(a);
    return std::move(*a.place);
}

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

TEST_CASE("L6: a full queue refuses with Retry-After, and a ticket given back frees its place") {
    auto o = small(1);
    o.max_queued = 3;
    pool p(o);
    std::vector<ticket> held;
    for (int i = 0; i < 3; ++i) held.push_back(place(p));
    const auto refused = p.admit(job_class::login, 9, deadline::after(10min));
    CHECK_FALSE(refused);
    CHECK(refused.why == shed_reason::queue_full);
    CHECK(refused.retry_after >= 1);
    held.pop_back();
    CHECK(p.admit(job_class::login, 9, deadline::after(10min)));
    CHECK(p.stats().by_class[0].shed[static_cast<std::size_t>(shed_reason::queue_full)] == 1);
    CHECK(p.admit(job_class::register_reset, 9, deadline::after(10min)));
}

TEST_CASE("A ticket may outlive the pool") {
    std::optional<ticket> kept;
    {
        pool p(small(1));
        kept.emplace(place(p));
    }
    CHECK(kept->kind() == job_class::login);
    kept.reset();
}

TEST_CASE("L6: what cannot be answered in time is refused at once, and a longer deadline still fits") {
    pool p(small(1, 12));
    collector c;
    std::vector<cancel_flag> flags;
    for (int i = 0; i < 12; ++i) {
        auto j = hashing_job("storm", 12);
        flags.push_back(j.cancelled = make_cancel_flag());
        p.submit(place(p), std::move(j), c.expect("storm"));
    }
    const auto begin = std::chrono::steady_clock::now();
    const auto refused = p.admit(job_class::login, 2, deadline::after(20ms));
    const auto took = std::chrono::steady_clock::now() - begin;
    CHECK_FALSE(refused);
    CHECK(refused.why == shed_reason::predicted_wait);
    CHECK(refused.retry_after >= 1);
    CHECK(refused.predicted > 20ms);
    CHECK(took < 20ms);
    CHECK(p.admit(job_class::login, 2, deadline::after(10min)));
    for (auto& f : flags) f->store(true);
    c.wait(12);
}

TEST_CASE("An idle pool admits whatever it predicts, but not what is already late") {
    pool p(small(1, 14));
    CHECK(p.expected_time(14) > 1ms);
    CHECK(p.admit(job_class::login, 1, deadline::after(1ms)));
    CHECK_FALSE(p.admit(job_class::login, 1, deadline::after(-1ms)));
}

TEST_CASE("L7: a job whose client has gone is dropped before it starts; one that runs gives its lane up") {
    pool p(small(1));
    collector c;
    const auto flag = make_cancel_flag();
    for (unsigned i = 0; i < max_lanes; ++i) {
        auto running = hashing_job("running", 14);
        running.cancelled = flag;
        p.submit(place(p), std::move(running), c.expect("running"));
    }
    while (p.stats().lanes_in_use < max_lanes) std::this_thread::yield();
    auto gone = hashing_job("gone", 4);
    gone.cancelled = make_cancel_flag();
    gone.cancelled->store(true);
    p.submit(place(p), std::move(gone), c.expect("gone"));
    c.wait(1);
    CHECK(c.of("gone").what == outcome::dropped_cancelled);
    CHECK(c.of("gone").worked == 0ns);
    flag->store(true);
    p.submit(place(p), hashing_job("waiting", 4), c.expect("waiting"));
    for (const auto& [name, r] : c.wait(2 + max_lanes))
        CHECK(r.what == (name == "waiting" ? outcome::hashed : outcome::dropped_cancelled));
    CHECK(p.stats().bcrypt_hashes[14] == 0);
}

TEST_CASE("L7: nobody waits behind it: a hash that runs ends although its client has closed its half") {
    pool p(small(1));
    collector c;
    auto j = hashing_job("half", 8);
    const auto flag = j.cancelled = make_cancel_flag();
    p.submit(place(p), std::move(j), c.expect("half"));
    while (p.stats().by_class[0].active == 0) std::this_thread::yield();
    flag->store(true);
    c.wait(1);
    CHECK(c.of("half").what == outcome::hashed);
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

TEST_CASE("A job whose deadline passes is dropped, waiting or running") {
    pool p(small(1));
    collector c;
    p.submit(place(p, job_class::login, 1, deadline::after(50ms)), hashing_job("running", 14), c.expect("running"));
    auto late = place(p, job_class::login, 1, deadline::after(1h));
    auto t = p.admit(job_class::login, 1, deadline::after(30ms));
    if (t) p.submit(std::move(*t.place), hashing_job("late", 14), c.expect("late"));
    p.submit(std::move(late), hashing_job("in time", 4), c.expect("in time"));
    c.wait(t ? 3 : 2);
    CHECK(c.of("running").what == outcome::dropped_deadline);
    CHECK(c.of("in time").what == outcome::hashed);
    if (t) CHECK(c.of("late").what == outcome::dropped_deadline);
}

TEST_CASE("A login storm does not stop registrations") {
    pool p(small(1));
    collector c;
    std::vector<ticket> logins;
    for (int i = 0; i < 100; ++i) logins.push_back(place(p, job_class::login, static_cast<std::uint64_t>(i)));
    ticket registration = place(p, job_class::register_reset, 7);
    for (auto& t : logins) p.submit(std::move(t), hashing_job("login", 8), c.expect("login"));
    p.submit(std::move(registration), hashing_job("register", 8), c.expect("register"));
    c.wait(101);
    CHECK(c.of("register").what == outcome::hashed);
    CHECK(c.place_of("register") < 50);
}

TEST_CASE("A register storm leaves three starts in four to logins") {
    pool p(small(1));
    collector c;
    std::vector<ticket> others;
    for (int i = 0; i < 40; ++i) others.push_back(place(p, job_class::register_reset, static_cast<std::uint64_t>(i)));
    std::vector<ticket> logins;
    for (int i = 0; i < 30; ++i) logins.push_back(place(p));
    for (auto& t : others) p.submit(std::move(t), hashing_job("register", 8), c.expect("register"));
    for (int i = 0; i < 30; ++i)
        p.submit(std::move(logins[i]), hashing_job("login", 8), c.expect("login " + std::to_string(i)));
    c.wait(70);
    CHECK(c.place_of("login 29") < 60);
}

TEST_CASE("L6: one client's flood does not hold another's job back") {
    pool p(small(1));
    collector c;
    std::vector<ticket> flood;
    for (int i = 0; i < 60; ++i) flood.push_back(place(p, job_class::login, 1));
    ticket other = place(p, job_class::login, 2);
    for (auto& t : flood) p.submit(std::move(t), hashing_job("flood", 8), c.expect("flood"));
    p.submit(std::move(other), hashing_job("other", 8), c.expect("other"));
    c.wait(61);
    CHECK(c.place_of("other") < 30);
}

TEST_CASE("Destroying the pool answers what waits and what runs") {
    collector c;
    {
        pool p(small(1));
        for (int i = 0; i < 9; ++i) p.submit(place(p), hashing_job("never", 14), c.expect("never"));
    }
    const auto results = c.wait(9);
    CHECK(results.size() == 9);
    for (const auto& [name, r] : results) CHECK(r.what == outcome::dropped_cancelled);
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

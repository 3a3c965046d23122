// The hashing pool: who gets in, who waits, who is dropped.
#include "pool_support.hpp"

#include <atomic>
#include <map>

using namespace test_pool;

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

#include "auth/hashing/async.hpp"
#include "auth/hashing/calibrate.hpp"
#include "auth/hashing/lane_engine.hpp"
#include "auth/hashing/password_hasher.hpp"
#include "core/error.hpp"
#include "unit/hashing/support.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <catch2/catch.hpp>

#include <cstdint>
#include <exception>
#include <numeric>
#include <optional>
#include <sstream>
#include <string>
#include <thread>

using namespace mita::hashing;
using mita::awaitable;
using mita::deadline;
using mita::secret;
using namespace std::chrono_literals;

namespace {

policy cheap() {
    policy p;
    p.cost = 4;
    p.argon2 = {64, 1};
    return p;
}

pepper_ring peppers() {
    pepper_ring r;
    r.add("1", secret(std::string(32, 'k')));
    r.add("2", secret(std::string(32, 'q')));
    return r;
}

secret pw(std::string_view text) { return secret(text); }

// One event loop, one pool, one hasher; run() gives the value of a coroutine or throws what it threw.
struct fixture {
    explicit fixture(policy p = cheap(), bcrypt::allow_x x = bcrypt::allow_x::no)
        : lanes(options_for(p, 1)), hasher(lanes, p, peppers(), x) {}

    ticket place(deadline d = deadline::after(1h)) {
        auto a = hasher.admit(job_class::login, 1, d);
        REQUIRE(a);
        return std::move(*a.place);
    }

    template <class T>
    T run(awaitable<T> a) {
        std::optional<T> value;
        std::exception_ptr error;
        mita::asio::co_spawn(loop, std::move(a), [&](std::exception_ptr e, T v) {
            error = e;
            value = std::move(v);
        });
        loop.restart();
        loop.run();
        if (error) std::rethrow_exception(error);
        return std::move(*value);
    }

    verdict verify(std::string_view password, std::string stored) {
        return run(hasher.verify(place(), pw(password), std::move(stored)));
    }
    std::string hash(std::string_view password) { return run(hasher.hash(place(), pw(password))); }

    mita::asio::io_context loop{1};
    pool lanes;
    password_hasher hasher;
};

awaitable<bool> same_thread_after(pool* p, ticket t, job j) {
    const auto before = std::this_thread::get_id();
    result r = co_await run(*p, std::move(t), std::move(j));
    co_return std::this_thread::get_id() == before&& r.what == outcome::hashed;
}

awaitable<outcome> outcome_of(pool* p, ticket t, job j) {
    result r = co_await run(*p, std::move(t), std::move(j));
    co_return r.what;
}

job hashing_job(unsigned cost) {
    job j;
    j.password = pw("x");
    j.work = bcrypt_work{setting_of('b', cost, 1), std::nullopt};
    return j;
}

}  // namespace

TEST_CASE("A coroutine resumes on its own executor, never on a pool thread") {
    fixture f;
    CHECK(f.run(same_thread_after(&f.lanes, f.place(), hashing_job(6))));
}

TEST_CASE("L7: cancelling a waiting coroutine drops its job") {
    fixture f;
    mita::asio::cancellation_signal stop;
    std::optional<outcome> seen;
    for (unsigned i = 0; i < max_lanes; ++i)
        mita::asio::co_spawn(f.loop, outcome_of(&f.lanes, f.place(), hashing_job(11)),
                             [](std::exception_ptr, outcome o) { CHECK(o == outcome::hashed); });
    mita::asio::co_spawn(f.loop, outcome_of(&f.lanes, f.place(), hashing_job(14)),
                         mita::asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr e, outcome o) {
                             if (!e) seen = o;
                         }));
    mita::steady_timer soon(f.loop.get_executor());
    soon.expires_after(5ms);
    soon.async_wait([&](mita::error_code) { stop.emit(mita::asio::cancellation_type::terminal); });
    f.loop.run();
    CHECK(f.lanes.stats().by_class[0].dropped_cancelled == 1);
    CHECK(f.lanes.stats().bcrypt_hashes[14] == 0);
}

TEST_CASE("P1: what was hashed verifies, something else does not, by both algorithms") {
    auto p = cheap();
    p.alg = GENERATE(algorithm::bcrypt, algorithm::argon2id);
    fixture f(p);
    const auto stored = f.hash("correct horse");
    CHECK(stored.starts_with(p.alg == algorithm::bcrypt ? "$mita$v=1$alg=bcrypt$pepper=1$2b$04$"
                                                        : "$mita$v=1$alg=argon2id$pepper=1$argon2id$"));
    const auto right = f.verify("correct horse", stored);
    CHECK(right.match);
    CHECK_FALSE(right.rehash);
    CHECK_FALSE(f.verify("correct horsf", stored).match);
    CHECK_FALSE(f.verify("", stored).match);
    CHECK(f.hash("correct horse") != stored);
    CHECK_FALSE(f.run(f.hasher.verify_unknown(f.place(), pw("correct horse"))).match);
}

TEST_CASE("P2: nothing is cut at 72 bytes, NUL counts, 64 four-byte code points and 512 bytes are fine") {
    fixture f;
    const std::string prefix(72, 'a');
    CHECK_FALSE(f.verify(prefix + "c", f.hash(prefix + "b")).match);
    CHECK_FALSE(f.verify(prefix, f.hash(prefix + "b")).match);
    CHECK_FALSE(f.verify(std::string("abc\0deg", 7), f.hash(std::string("abc\0def", 7))).match);
    CHECK_FALSE(f.verify("abc", f.hash(std::string("abc\0def", 7))).match);
    CHECK(f.verify(std::string("abc\0def", 7), f.hash(std::string("abc\0def", 7))).match);
    std::string emoji;
    for (int i = 0; i < 64; ++i) emoji += "\xf0\x9f\x94\x91";
    CHECK(f.verify(emoji, f.hash(emoji)).match);
    const std::string longest(512, 'z');
    CHECK(f.verify(longest, f.hash(longest)).match);
    CHECK_FALSE(f.verify(std::string(513, 'z'), f.hash(longest)).match);
    CHECK_THROWS_AS(f.hash(std::string(513, 'z')), std::invalid_argument);
}

TEST_CASE("P5: imported hashes verify without prehash and ask to be renewed; $2x$ only when allowed") {
    fixture f;
    const auto imported = f.verify("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW");
    CHECK(imported.match);
    CHECK(imported.rehash);
    CHECK(f.verify("\xa3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq").match);
    const std::string x = "$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e";
    CHECK_FALSE(f.verify("\xff\xff\xa3", x).match);
    fixture allowing(cheap(), bcrypt::allow_x::yes);
    const auto flagged = allowing.verify("\xff\xff\xa3", x);
    CHECK(flagged.match);
    CHECK(flagged.rehash);
}

TEST_CASE("P5, P7: imported PBKDF2 verifies, is to be renewed, and what it costs a refusal costs, too") {
    fixture f;
    const std::string stored = "pbkdf2_sha256$1000$seasalt$YIWkt6M1JFXrHg5s0jZjBSc7C2Cz6QvchSJ0h8Y+i7c=";
    const auto right = f.verify("password", stored);
    CHECK(right.match);
    CHECK(right.rehash);
    const auto foreign_hashes = [&] { return f.lanes.stats().argon2_hashes; };
    auto before = foreign_hashes();
    CHECK_FALSE(f.verify("passwore", stored).match);
    CHECK(foreign_hashes() == before + 1);
    CHECK(f.lanes.stats().bcrypt_hashes[4] == 1);  // and one of today's
    before = foreign_hashes();
    CHECK_FALSE(f.run(f.hasher.verify_unknown(f.place(), pw("anything"))).match);
    CHECK(foreign_hashes() == before + 1);
    CHECK(f.lanes.stats().bcrypt_hashes[4] == 2);
}

TEST_CASE("P4, P7: an unusable stored hash costs a real hash and never matches") {
    fixture f;
    std::uint64_t done = 0;
    for (const char* stored : {"", "!", "*", "*0", "*1", "$2b$04$", "plain",
                               "$2b$15$cVWp4XaNU8a4v1uMRum2SO026BWLIoQMD/TXg5uZV.0P.uO8m3YEm"}) {
        INFO(stored);
        const auto v = f.verify("anything", stored);
        CHECK_FALSE(v.match);
        CHECK_FALSE(v.rehash);
        CHECK(f.lanes.stats().bcrypt_hashes[4] == ++done);
    }
    CHECK_FALSE(f.run(f.hasher.verify_unknown(f.place(), pw("anything"))).match);
    CHECK(f.lanes.stats().bcrypt_hashes[4] == ++done);
}

TEST_CASE("A changed policy leaves old hashes valid and renews them") {
    fixture old;
    const auto stored = old.hash("password");
    auto p = cheap();
    p.cost = 5;
    p.pepper = "2";
    fixture now(p);
    const auto v = now.verify("password", stored);
    CHECK(v.match);
    CHECK(v.rehash);
    const auto renewed = now.hash("password");
    CHECK(renewed.starts_with("$mita$v=1$alg=bcrypt$pepper=2$2b$05$"));
    CHECK_FALSE(now.hasher.needs_rehash(renewed));
}

TEST_CASE("P7: after a change of algorithm a refusal costs the same whatever its account has") {
    policy before = cheap(), after = cheap();
    before.alg = GENERATE(algorithm::bcrypt, algorithm::argon2id);
    after.alg = before.alg == algorithm::bcrypt ? algorithm::argon2id : algorithm::bcrypt;
    fixture old(before), now(after);
    const auto former = old.run(old.hasher.hash(old.place(), pw("right")));
    const auto todays = now.run(now.hasher.hash(now.place(), pw("right")));

    // bcrypt's and argon2id's hashes that one verification takes
    const auto cost_of = [&](std::optional<std::string> stored, std::string_view password) {
        const auto sum = [&] {
            const auto s = now.lanes.stats();
            return std::pair(std::accumulate(s.bcrypt_hashes.begin(), s.bcrypt_hashes.end(), std::uint64_t(0)),
                             s.argon2_hashes);
        };
        const auto from = sum();
        if (stored)
            now.run(now.hasher.verify(now.place(), pw(password), *stored));
        else
            now.run(now.hasher.verify_unknown(now.place(), pw(password)));
        const auto to = sum();
        return std::pair(to.first - from.first, to.second - from.second);
    };
    const std::pair<std::uint64_t, std::uint64_t> one_of_each(1, 1);
    const auto right = cost_of(former, "right");
    CHECK(right.first + right.second == 1);
    CHECK((cost_of(std::nullopt, "wrong") == one_of_each));
    CHECK((cost_of(former, "wrong") == one_of_each));
    CHECK((cost_of(todays, "wrong") == one_of_each));
    CHECK((cost_of("nonsense", "wrong") == one_of_each));
}

// What imports bring beside today's bcrypt: each form at a price of its own, each of the password "password".
const std::vector<std::string> imported{
    "$2b$06$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    "pbkdf2_sha256$1000$seasalt$YIWkt6M1JFXrHg5s0jZjBSc7C2Cz6QvchSJ0h8Y+i7c=",
    "pbkdf2_sha256$2000$seasalt$YIWkt6M1JFXrHg5s0jZjBSc7C2Cz6QvchSJ0h8Y+i7c=",
    "$argon2id$v=19$m=256,t=3,p=2$c2l4dGVlbiBieXRlcyBvaw$zxKBlqIhSXSQkeE9qdxrsB8wq3aSnsuzW9wzZobpoc4",
};

TEST_CASE("P7: with several kinds of imported hashes a refusal is one of each, whatever its account has") {
    fixture f;
    const bool told = GENERATE(true, false);  // by a look at the accounts; or by refusals before
    if (told) f.hasher.accounts_have(imported);
    for (const auto& stored : imported)
        if (!told) f.verify("wrong", stored);
    const auto cost_of = [&](auto refusal) {
        const auto done = [&f] {
            const auto s = f.lanes.stats();
            return std::pair(std::accumulate(s.bcrypt_hashes.begin(), s.bcrypt_hashes.end(), std::uint64_t(0)),
                             s.argon2_hashes);
        };
        const auto before = done();
        refusal();
        const auto after = done();
        return std::pair(after.first - before.first, after.second - before.second);
    };
    const std::pair<std::uint64_t, std::uint64_t> one_of_each(1, 3);
    CHECK((cost_of([&] { f.run(f.hasher.verify_unknown(f.place(), pw("wrong"))); }) == one_of_each));
    const auto todays = f.hash("right");
    CHECK((cost_of([&] { f.verify("wrong", todays); }) == one_of_each));
    for (const auto& stored : imported) {
        INFO(stored);
        CHECK((cost_of([&] { CHECK_FALSE(f.verify("wrong", stored).match); }) == one_of_each));
    }
    f.hasher.accounts_have({todays});  // everybody has logged in since
    CHECK((cost_of([&] { f.verify("wrong", todays); }) == std::pair<std::uint64_t, std::uint64_t>(1, 0)));
}

TEST_CASE("P7: kinds beyond the most are bounded by the dearest, and what is not kept costs no more than they do") {
    const auto of = [](std::uint32_t memory_kib) {
        argon2_work w;
        w.how.memory_kib = memory_kib;
        w.how.passes = 1;
        w.expected = "x";
        return hash_work(w);
    };
    const auto sum = [](hash_work own, const std::vector<hash_work>& rest) {
        std::uint64_t kib = std::get<argon2_work>(own).how.memory_kib;
        for (const auto& w : rest) kib += std::get<argon2_work>(w).how.memory_kib;
        return kib;
    };
    kinds_met kinds(of(100));
    for (const std::uint32_t kib : {500, 200, 300, 700, 600, 400, 800, 250}) kinds.meet(of(kib));
    for (const std::uint32_t kib : {100, 400, 500, 600, 700, 800}) {
        auto own = of(kib);
        CHECK(sum(own, kinds.besides(own)) == 3100);
    }
    for (const std::uint32_t kib : {200, 250, 300}) {
        auto own = of(kib);
        CHECK(sum(own, kinds.besides(own)) == 3100 - (400 - kib));
    }
    kinds.replace({of(200)});
    auto own = of(100);
    CHECK(sum(own, kinds.besides(own)) == 300);
}

TEST_CASE("P7: after a lower cost a refusal takes the rounds of the dearest hash met") {
    policy before = cheap(), after = cheap();
    before.cost = 7;
    fixture old(before), now(after);
    const auto former = old.run(old.hasher.hash(old.place(), pw("right")));
    const auto rounds_so_far = [&] {
        now.run(now.hasher.hash(now.place(), pw("next")));  // by then the thread has told those before it
        std::uint64_t sum = 0;
        const auto s = now.lanes.stats();
        for (std::size_t n = 1; n < s.rounds_by_width.size(); ++n) sum += n * s.rounds_by_width[n];
        return sum;
    };
    const auto start = rounds_so_far();
    now.run(now.hasher.verify(now.place(), pw("wrong"), former));
    const auto wrong = rounds_so_far();
    now.run(now.hasher.verify_unknown(now.place(), pw("wrong")));
    const auto unknown = rounds_so_far();
    CHECK(wrong - start >= lane_engine::rounds(7));
    CHECK(unknown - wrong >= lane_engine::rounds(7));
}

TEST_CASE("A pepper that is not configured is an error, not a wrong password") {
    fixture f;
    auto stored = f.hash("password");
    stored.replace(stored.find("pepper=1"), 8, "pepper=9");
    CHECK_THROWS_AS(f.verify("password", stored), std::runtime_error);
}

TEST_CASE("A deadline that passes becomes overloaded: 503 with Retry-After") {
    auto p = cheap();
    p.cost = 14;
    fixture f(p);
    CHECK_THROWS_AS(f.run(f.hasher.hash(f.place(deadline::after(30ms)), pw("x"))), mita::overloaded);
    CHECK_THROWS_AS(f.run(f.hasher.verify_unknown(f.place(deadline::after(30ms)), pw("x"))), mita::overloaded);
}

TEST_CASE("A policy out of range is refused at start") {
    pool lanes(options_for(cheap(), 1));
    auto p = cheap();
    p.cost = 15;
    CHECK_THROWS_AS(password_hasher(lanes, p, peppers()), std::invalid_argument);
    p = cheap();
    p.pepper = "absent";
    CHECK_THROWS_AS(password_hasher(lanes, p, peppers()), std::invalid_argument);
    p = cheap();
    p.argon2.passes = 0;
    CHECK_THROWS_AS(password_hasher(lanes, p, peppers()), std::invalid_argument);
}

TEST_CASE("The calibration has a row a cost, doubles with it, and finds the cost a rate can afford") {
    const auto c = calibrate(2, 6);
    REQUIRE(c.rows.size() == 11);
    CHECK(c.rows.front().cost == 4);
    CHECK(c.rows.back().cost == 14);
    for (std::size_t i = 1; i < c.rows.size(); ++i) CHECK(c.rows[i].latency_ms[6] > 1.8 * c.rows[i - 1].latency_ms[6]);
    calibration known;
    known.threads = 2;
    for (unsigned cost = 4; cost <= 14; ++cost) {
        calibration_row row;
        row.cost = cost;
        row.latency_ms[6] = 1.5 * static_cast<double>(1U << (cost - 4));
        row.per_second[6] = 6000 / row.latency_ms[6];
        known.rows.push_back(row);
    }
    CHECK(affordable_cost(known, 25.0, 1000ms) == 12);
    CHECK(affordable_cost(known, 26.0, 1000ms) == 11);
    CHECK(affordable_cost(known, 1.0, 400ms) == 12);
    CHECK(affordable_cost(known, 1e6, 1000ms) == std::nullopt);
    std::ostringstream out;
    print(out, c, 1.0, 1000ms);
    CHECK_THAT(out.str(), Catch::Contains("libxcrypt") && Catch::Contains("affordable"));
}

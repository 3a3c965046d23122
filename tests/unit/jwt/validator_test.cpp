#include "jwt/validator.hpp"

#include "support/run.hpp"
#include "unit/jwt/allocations.hpp"
#include "unit/jwt/forge.hpp"

#include <malloc.h>
#include <boost/asio/executor_work_guard.hpp>
#include <catch2/catch.hpp>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using namespace mita;
using namespace mita::jwt;
using namespace mita::jwt::test;

namespace {

// The clocks the validators under test read. `during` runs when the wall clock is read, which is in the middle of a
// check.
std::atomic<std::int64_t> wall_s{t0}, steady{1'000'000};
std::function<void()> during;
std::int64_t read_wall() { return wall_s; }
std::int64_t read_steady() {
    if (during) std::exchange(during, nullptr)();
    return steady;
}
void pass(std::int64_t seconds) {
    wall_s += seconds;
    steady += seconds * 1000;
}

struct fixture {
    explicit fixture(algorithm a = algorithm::eddsa, validator_options o = validator_options())
        : key(signing_key::generate(a)) {
        wall_s = t0;
        steady = 1'000'000;
        during = nullptr;
        o.rules = rules();
        o.unix_seconds = &read_wall;
        o.steady_ms = &read_steady;
        v = std::make_unique<validator>(o, revoked, nullptr);
        v->set_keys(set_of(key));
    }
    verdict see(std::string_view token) { return v->check_now(token).result; }
    void revoke(revocation_kind kind, std::string id, std::int64_t not_before = 0) {
        ++sequence;
        revoked.apply({{sequence, kind, std::move(id), not_before, t0 + 3600}}, sequence, wall_s);
    }

    signing_key key;
    revocations revoked;
    std::unique_ptr<validator> v;
    std::int64_t sequence = 0;
};

std::size_t heap() {
    const auto m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

template <class F>
void until(F f) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!f() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
    REQUIRE(f());
}

}  // namespace

TEST_CASE("C1: a verified token is served from the cache afterwards, whole token compared, without cryptography") {
    fixture f;
    const auto c = good_claims();
    const auto token = issue(c, f.key);
    CHECK(f.see(token) == verdict::ok);
    CHECK(f.v->verified_by_crypto() == 1);
    for (int i = 0; i < 10; ++i) {
        const auto seen = f.v->check_now(token);
        REQUIRE(seen.result == verdict::ok);
        CHECK(seen.value->who.user_id == c.who.user_id);
    }
    CHECK(f.v->verified_by_crypto() == 1);
    CHECK(f.v->cache_stats().hits == 10);
    for (std::size_t i = 0; i < token.size(); i += 13) {
        auto changed = token;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        if (changed != token) CHECK(f.see(changed) != verdict::ok);
    }
    CHECK(f.see(token + "A") != verdict::ok);
    CHECK(f.see(std::string(20'000, 'a')) == verdict::malformed);
}

TEST_CASE("B4: a cache hit allocates nothing, through check_now and through the coroutine") {
    fixture f(algorithm::es256);
    const auto token = issue(good_claims(), f.key);
    REQUIRE(f.see(token) == verdict::ok);
    (void)f.v->check_now(token);
    auto before = mita::test::allocation_total();
    for (int i = 0; i < 1000; ++i) (void)f.v->check_now(token);
    CHECK(mita::test::allocation_total() == before);
    std::uint64_t grown = 1;
    mita::test::run([&](executor) -> awaitable<> {
        for (int i = 0; i < 20; ++i) {
            before = mita::test::allocation_total();
            const decoded seen = co_await f.v->check(token, mita::test::soon());
            if (seen.result != verdict::ok) throw std::runtime_error("not ok");
            grown = mita::test::allocation_total() - before;
        }
    });
    CHECK(grown == 0);
}

TEST_CASE("C2: each hit re-checks exp: a token with three seconds left is good, then not, cached or not") {
    validator_options o;
    fixture f(algorithm::eddsa, o);
    const auto token = issue(good_claims(t0, 3), f.key);
    CHECK(f.see(token) == verdict::ok);
    pass(3 + 29);  // the allowed skew is 30 s
    CHECK(f.see(token) == verdict::ok);
    pass(1);
    CHECK(f.see(token) == verdict::expired);
    CHECK(f.v->verified_by_crypto() == 1);
}

TEST_CASE("C2: each hit re-checks nbf and iat: a clock set back makes a cached token not yet valid") {
    fixture f;
    auto c = good_claims();
    c.not_before = t0;
    const auto token = issue(c, f.key);
    CHECK(f.see(token) == verdict::ok);
    wall_s = t0 - 31;
    CHECK(f.see(token) == verdict::not_yet_valid);
    wall_s = t0;
    CHECK(f.see(token) == verdict::ok);
}

TEST_CASE(
    "C2: each hit re-checks key state: a removed key's tokens die at once, also when its kid is reused by another "
    "key") {
    fixture f;
    const auto token = issue(good_claims(), f.key);
    CHECK(f.see(token) == verdict::ok);
    const auto other = signing_key::generate(algorithm::eddsa);
    f.v->set_keys(set_of(other));
    CHECK(f.see(token) == verdict::unknown_key);
    auto jwk = other.public_jwk();
    jwk.replace(jwk.find(other.kid()), other.kid().size(), f.key.kid());
    f.v->set_keys(key_set::from_jwks(make_jwks({jwk})));
    CHECK(f.see(token) == verdict::bad_signature);
    f.v->set_keys(key_set::from_jwks(make_jwks({f.key.public_jwk(), other.public_jwk()})));
    CHECK(f.see(token) == verdict::ok);
    const auto crypto = f.v->verified_by_crypto();
    CHECK(f.see(token) == verdict::ok);
    CHECK(f.v->verified_by_crypto() == crypto);
}

TEST_CASE("C2: a validator never takes a token for another audience or issuer, cached elsewhere or not") {
    fixture f;
    auto c = good_claims();
    c.audience = "other-api";
    CHECK(f.see(issue(c, f.key)) == verdict::wrong_audience);
    c = good_claims();
    c.issuer = "https://mita.test.evil";
    CHECK(f.see(issue(c, f.key)) == verdict::wrong_issuer);
    CHECK(f.v->cache_stats().entries == 0);
}

TEST_CASE("C3: a revoked session, user, token or key is refused on the very next call, cached or not") {
    for (const bool cached : {true, false})
        for (const auto kind :
             {revocation_kind::session, revocation_kind::user, revocation_kind::token, revocation_kind::key}) {
            fixture f;
            const auto c = good_claims(), other = good_claims();
            const auto token = issue(c, f.key), unconcerned = issue(other, f.key);
            if (cached) CHECK(f.see(token) == verdict::ok);
            CHECK(f.see(unconcerned) == verdict::ok);
            switch (kind) {
                case revocation_kind::session:
                    f.revoke(kind, c.who.session_id.str());
                    break;
                case revocation_kind::user:
                    f.revoke(kind, c.who.user_id.str(), t0 + 1);
                    break;
                case revocation_kind::token:
                    f.revoke(kind, c.jti.str());
                    break;
                case revocation_kind::key:
                    f.revoke(kind, f.key.kid());
                    break;
            }
            CHECK(f.see(token) == verdict::revoked);
            CHECK(f.see(token) == verdict::revoked);
            CHECK(f.see(unconcerned) == (kind == revocation_kind::key ? verdict::revoked : verdict::ok));
        }
}

TEST_CASE("C3: revoking a user concerns tokens issued before, not those issued after") {
    fixture f;
    auto c = good_claims(t0 - 10);
    const auto old = issue(c, f.key);
    c.issued_at = t0;
    c.jti = new_uuid();
    const auto fresh = issue(c, f.key);
    CHECK(f.see(old) == verdict::ok);
    f.revoke(revocation_kind::user, c.who.user_id.str(), t0);
    CHECK(f.see(old) == verdict::revoked);
    CHECK(f.see(fresh) == verdict::ok);
}

TEST_CASE("C4: what was verified while something was revoked is answered but not kept") {
    fixture f;
    const auto c = good_claims();
    const auto token = issue(c, f.key), own = issue(c, f.key);
    during = [&] { f.revoke(revocation_kind::session, new_uuid().str()); };
    CHECK(f.see(token) == verdict::ok);
    CHECK(f.v->cache_stats().entries == 0);
    CHECK(f.see(token) == verdict::ok);
    CHECK(f.v->cache_stats().entries == 1);
    CHECK(f.v->verified_by_crypto() == 2);
    during = [&] { f.revoke(revocation_kind::session, c.who.session_id.str()); };
    CHECK(f.see(own) == verdict::revoked);
    CHECK(f.v->cache_stats().entries == 1);
    CHECK(f.see(token) == verdict::revoked);
}

TEST_CASE("C4: a verification begun before a revocation never inserts after it, and no later call passes") {
    fixture f;
    std::atomic<int> wrong{0};
    for (int round = 0; round < 200; ++round) {
        const auto mine = good_claims();
        const auto text = issue(mine, f.key);
        std::atomic<bool> revoked{false};
        std::vector<std::thread> threads;
        for (int t = 0; t < 2; ++t)
            threads.emplace_back([&] {
                for (int i = 0; i < 20; ++i) {
                    const bool before = revoked.load();
                    const auto result = f.v->check_now(text).result;
                    if (before && result != verdict::revoked) ++wrong;
                }
            });
        f.revoke(revocation_kind::session, mine.who.session_id.str());
        revoked = true;
        for (auto& t : threads) t.join();
        if (f.see(text) != verdict::revoked) ++wrong;
    }
    CHECK(wrong == 0);
}

TEST_CASE("C5: a flood of distinct tokens keeps memory flat and the hot set cached") {
    const bool full = std::getenv("MITA_NIGHTLY") != nullptr && !mita::test::under_sanitizer;
    const int flood = full ? 1'000'000 : mita::test::under_sanitizer ? 3'000 : 60'000;
    validator_options o;
    o.cache_bytes = 1 << 20;
    fixture f(algorithm::eddsa, o);
    // MACs make valid tokens cheaply.
    const std::string secret_bytes(32, 's');
    const auto oct =
        key_set::from_jwks(R"({"keys":[{"kty":"oct","kid":"h","k":")" + base64url::encode(secret_bytes) + "\"}]}");
    f.v->set_keys(oct);
    const std::string head = R"({"alg":"HS256","typ":"at+jwt","kid":"h"})";
    const auto make = [&](int n) {
        char id[37];
        std::snprintf(id, sizeof id, "018f4e1c-0000-7000-8000-%012d", n);
        return maced_with(secret_bytes, head, payload("018f4e1c-0000-7000-8000-000000000002", id));
    };
    std::vector<std::string> hot;
    for (int i = 0; i < 200; ++i) hot.push_back(make(i));
    for (int round = 0; round < 5; ++round)
        for (const auto& token : hot) REQUIRE(f.see(token) == verdict::ok);
    const auto before = heap();
    std::size_t highest = 0;
    std::uint64_t asked = 0, by_crypto = 0;
    for (int i = 0; i < flood; ++i) {
        auto token = make(1000 + i);
        if (i % 3 == 0) token.back() = token.back() == 'A' ? 'E' : 'A';
        (void)f.see(token);
        if (i % 10 == 0) {
            const auto crypto = f.v->verified_by_crypto();
            if (f.see(hot[static_cast<std::size_t>(i / 10) % hot.size()]) != verdict::ok)
                FAIL("a hot token was refused");
            ++asked;
            by_crypto += f.v->verified_by_crypto() - crypto;
        }
        if (i % 1000 == 0) highest = std::max(highest, heap());
    }
    CHECK(by_crypto * 10 <= asked);  // 90 % of the hot set's calls hit
    const auto s = f.v->cache_stats();
    CHECK(s.bytes <= s.max_bytes);
    if (!mita::test::under_sanitizer) CHECK(highest - std::min(before, highest) < (1 << 20));
}

TEST_CASE("C6: only bad signatures are remembered, and only until the keys change") {
    fixture f;
    const auto later = signing_key::generate(algorithm::eddsa);
    const auto good = issue(good_claims(), f.key);
    auto forged = good;
    forged[good.rfind('.') + 5] = forged[good.rfind('.') + 5] == 'A' ? 'B' : 'A';
    CHECK(f.see(forged) == verdict::bad_signature);
    const auto crypto = f.v->verified_by_crypto();
    for (int i = 0; i < 5; ++i) CHECK(f.see(forged) == verdict::bad_signature);
    CHECK(f.v->verified_by_crypto() == crypto);
    CHECK(f.see(good) == verdict::ok);

    const auto unknown = issue(good_claims(), later);
    CHECK(f.see(unknown) == verdict::unknown_key);
    f.v->set_keys(key_set::from_jwks(make_jwks({f.key.public_jwk(), later.public_jwk()})));
    CHECK(f.see(unknown) == verdict::ok);

    const auto early = issue(good_claims(t0 + 60), f.key);
    CHECK(f.see(early) == verdict::not_yet_valid);
    pass(40);
    CHECK(f.see(early) == verdict::ok);

    // A signature that was wrong under one key of a kid may be right under the next.
    auto jwk = later.public_jwk();
    jwk.replace(jwk.find(later.kid()), later.kid().size(), "shared");
    auto own = f.key.public_jwk();
    own.replace(own.find(f.key.kid()), f.key.kid().size(), "shared");
    const auto token = signed_with(later, R"({"alg":"EdDSA","typ":"at+jwt","kid":"shared"})", payload());
    f.v->set_keys(key_set::from_jwks(make_jwks({own})));
    CHECK(f.see(token) == verdict::bad_signature);
    f.v->set_keys(key_set::from_jwks(make_jwks({jwk})));
    CHECK(f.see(token) == verdict::ok);
}

TEST_CASE("C7: silence of the feed beyond the limit is degraded, never heard is degraded too") {
    validator_options o;
    o.feed_silence_limit = 10'000ms;
    fixture f(algorithm::eddsa, o);
    const auto now = [] {
        return std::chrono::floor<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
            .count();
    };
    CHECK(f.v->degraded());
    f.revoked.heard(now());
    CHECK_FALSE(f.v->degraded());
    f.revoked.heard(now() - 9'000);
    CHECK_FALSE(f.v->degraded());
    f.revoked.heard(now() - 10'100);
    CHECK(f.v->degraded());
}

TEST_CASE("C9: a clock step back revives nothing that had expired, whether cached or not") {
    fixture f;
    const auto cached = issue(good_claims(t0), f.key), unseen = issue(good_claims(t0), f.key);
    CHECK(f.see(cached) == verdict::ok);
    pass(700);
    CHECK(f.see(cached) == verdict::expired);
    pass(10);
    wall_s -= 300;  // t0 + 410: both would be good by the wall clock alone
    CHECK(f.see(cached) == verdict::expired);
    CHECK(f.see(unseen) == verdict::expired);
    pass(30);
    const auto fresh = issue(good_claims(wall_s), f.key);
    CHECK(f.see(fresh) == verdict::ok);
    // Exactly to where it was issued: what was seen expired stays so.
    wall_s = t0;
    CHECK(f.see(cached) == verdict::expired);
    const auto newer = issue(good_claims(t0), f.key);
    CHECK(f.see(newer) == verdict::ok);
}

TEST_CASE("C9: a cached token dies by the monotonic clock even while the wall clock stands still") {
    fixture f;
    const auto token = issue(good_claims(t0, 600), f.key);
    CHECK(f.see(token) == verdict::ok);
    steady += 629'000;
    CHECK(f.see(token) == verdict::ok);
    steady += 1'000;
    CHECK(f.see(token) == verdict::expired);
}

TEST_CASE("C9: a clock that jumps ahead and comes back does not forget revocations") {
    fixture f;
    const auto c = good_claims();
    const auto token = issue(c, f.key);
    f.revoked.apply({{1, revocation_kind::session, c.who.session_id.str(), 0, t0 + 700}}, 1, t0);
    f.revoked.apply({}, 2, t0 + 100'000);
    f.revoked.apply({}, 3, t0 + 200'000);
    CHECK(f.see(token) == verdict::revoked);
}

TEST_CASE("The cache may be off: every check is cryptography") {
    validator_options o;
    o.cache_bytes = 0;
    fixture f(algorithm::eddsa, o);
    const auto token = issue(good_claims(), f.key);
    for (int i = 0; i < 3; ++i) CHECK(f.see(token) == verdict::ok);
    CHECK(f.v->verified_by_crypto() == 3);
}

namespace {

struct refetching {
    refetching() {
        wall_s = t0;
        steady = 1'000'000;
        during = nullptr;
        validator_options o;
        o.rules = rules();
        o.unix_seconds = &read_wall;
        o.steady_ms = &read_steady;
        o.refetch_interval = 5'000ms;
        o.refetch_timeout = 2'000ms;
        v = std::make_unique<validator>(o, revoked, [this](deadline) { return bring(this); });
    }
    static awaitable<std::string> bring(refetching* self) {
        ++self->calls;
        executor ex = co_await asio::this_coro::executor;
        while (!self->open) {
            steady_timer t(ex, 1ms);
            co_await t.async_wait(use_awaitable);
        }
        if (self->fail) throw std::runtime_error("auth is away");
        const std::lock_guard lock(self->mutex);
        co_return self->jwks;
    }
    void publish(const std::vector<std::string>& keys) {
        const std::lock_guard lock(mutex);
        jwks = make_jwks(keys);
    }
    std::mutex mutex;
    std::string jwks;
    std::atomic<int> calls{0};
    std::atomic<bool> open{true}, fail{false};
    revocations revoked;
    std::unique_ptr<validator> v;
};

awaitable<void> ask(validator* v, std::string token, deadline d, std::atomic<int>* good, std::atomic<int>* bad) {
    try {
        const decoded seen = co_await v->check(token, d);
        ++(seen.result == verdict::ok ? *good : *bad);
    } catch (const deadline_exceeded&) {
        ++*bad;
    }
}

}  // namespace

TEST_CASE("T4: an unknown kid refetches the JWKS once, at most once per interval, and is then accepted or refused") {
    refetching f;
    const auto first = signing_key::generate(algorithm::eddsa), second = signing_key::generate(algorithm::eddsa),
               stranger = signing_key::generate(algorithm::eddsa);
    const auto see = [&](const std::string& token) {
        return mita::test::run(f.v->check(token, mita::test::soon())).result;
    };
    f.publish({first.public_jwk()});
    CHECK_FALSE(f.v->has_keys());
    CHECK(see(issue(good_claims(), first)) == verdict::ok);
    CHECK(f.v->has_keys());
    CHECK(f.calls == 1);
    for (int i = 0; i < 20; ++i) CHECK(see(issue(good_claims(), stranger)) == verdict::unknown_key);
    CHECK(f.calls == 1);
    f.publish({first.public_jwk(), second.public_jwk()});
    CHECK(see(issue(good_claims(), second)) == verdict::unknown_key);  // within the interval
    pass(5);
    CHECK(see(issue(good_claims(), second)) == verdict::ok);
    CHECK(see(issue(good_claims(), first)) == verdict::ok);
    CHECK(f.calls == 2);
    pass(5);
    f.fail = true;
    CHECK(see(issue(good_claims(), stranger)) == verdict::unknown_key);
    CHECK(f.v->refetch_failures() == 1);
    CHECK(see(issue(good_claims(), first)) == verdict::ok);  // the set stays
    pass(5);
    f.fail = false;
    f.publish({"garbage"});
    CHECK(see(issue(good_claims(), stranger)) == verdict::unknown_key);
    CHECK(f.v->refetch_failures() == 2);
    CHECK(see(issue(good_claims(), first)) == verdict::ok);
}

TEST_CASE("C8: many callers with an unknown kid on two workers share one refetch; one that gives up harms nobody") {
    refetching f;
    f.open = false;
    const auto key = signing_key::generate(algorithm::eddsa);
    f.publish({key.public_jwk()});
    std::vector<std::unique_ptr<asio::io_context>> contexts;
    std::vector<asio::executor_work_guard<executor>> guards;
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
        contexts.push_back(std::make_unique<asio::io_context>(1));
        guards.emplace_back(contexts.back()->get_executor());
    }
    for (auto& c : contexts) threads.emplace_back([&c] { c->run(); });
    std::atomic<int> good{0}, bad{0}, impatient_good{0}, impatient{0};
    const auto log = [](std::exception_ptr e) {
        if (e) std::terminate();
    };
    asio::co_spawn(contexts[0]->get_executor(),
                   ask(f.v.get(), issue(good_claims(), key), deadline::after(20ms), &impatient_good, &impatient), log);
    until([&] { return impatient == 1; });
    for (int i = 0; i < 100; ++i)
        asio::co_spawn(contexts[i % 2]->get_executor(),
                       ask(f.v.get(), issue(good_claims(), key), mita::test::soon(), &good, &bad), log);
    f.open = true;
    until([&] { return good + bad == 100; });
    guards.clear();
    for (auto& t : threads) t.join();
    CHECK(good == 100);
    CHECK(f.calls == 1);
}

TEST_CASE("C8: two threads with many tokens, revocations and key changes never mix up claims") {
    fixture f;
    const auto second = signing_key::generate(algorithm::eddsa);
    std::vector<std::pair<std::string, uuid>> tokens;
    for (int i = 0; i < 64; ++i) {
        const auto c = good_claims();
        tokens.emplace_back(issue(c, i % 2 == 0 ? f.key : second), c.who.user_id);
    }
    std::atomic<bool> stop{false};
    std::atomic<int> wrong{0}, ok{0};
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            std::mt19937 random(static_cast<unsigned>(t));
            while (!stop) {
                const auto& [token, user] = tokens[random() % tokens.size()];
                const auto seen = f.v->check_now(token);
                if (seen.result == verdict::ok) {
                    ++ok;
                    if (!(seen.value->who.user_id == user)) ++wrong;
                }
            }
        });
    for (int i = 0; i < 100; ++i) {
        f.v->set_keys(i % 2 == 0 ? key_set::from_jwks(make_jwks({f.key.public_jwk(), second.public_jwk()}))
                                 : set_of(f.key));
        f.revoke(revocation_kind::session, new_uuid().str());
        (void)f.v->cache_stats();
        f.v->clean_up();
        std::this_thread::yield();
    }
    until([&] { return ok > 1000; });
    stop = true;
    for (auto& t : threads) t.join();
    CHECK(wrong == 0);
}

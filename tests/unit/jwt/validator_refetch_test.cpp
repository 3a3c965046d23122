// The validator: unknown keys, and many threads.
#include "unit/jwt/validator_support.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <mutex>
#include <random>
#include <vector>

using namespace mita;
using namespace mita::jwt;
using namespace mita::jwt::test;

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
    validating f;
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

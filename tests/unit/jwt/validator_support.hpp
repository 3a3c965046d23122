// What the validator's tests have in common: clocks that stand until a test moves them, and a validator with one key.
#pragma once

#include "jwt/validator.hpp"

#include "support/run.hpp"
#include "unit/jwt/forge.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace mita::jwt::test {

using namespace std::chrono_literals;

// The clocks the validators under test read. `during` runs when the wall clock is read, which is in the middle of a
// check.
inline std::atomic<std::int64_t> wall_s{t0}, steady{1'000'000};
inline std::function<void()> during;
inline std::int64_t read_wall() { return wall_s; }
inline std::int64_t read_steady() {
    if (during) std::exchange(during, nullptr)();
    return steady;
}
inline void pass(std::int64_t seconds) {
    wall_s += seconds;
    steady += seconds * 1000;
}

struct validating {
    explicit validating(algorithm a = algorithm::eddsa, validator_options o = validator_options())
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

template <class F>
void until(F f) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (!f() && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(1ms);
    REQUIRE(f());
}

}  // namespace mita::jwt::test

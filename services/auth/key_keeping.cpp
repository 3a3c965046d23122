#include "auth/key_keeping.hpp"

#include "auth/keys/key_store.hpp"
#include "auth/revocation/judging_clock_store.hpp"

#include <chrono>
#include <string_view>
#include <vector>

namespace mita::auth {

namespace {

using namespace std::chrono_literals;
using std::chrono::seconds;

constexpr auto look_at_secrets = 5s;
constexpr auto look_again = 1s;  // far below the time that a key is published before it signs
constexpr auto step_time = 5s;

std::optional<seconds> age_of(const std::vector<stored_key>& keys, std::string_view state) {
    for (const auto& k : keys)
        if (k.state == state) return seconds(k.age_s);
    return std::nullopt;
}

awaitable<void> step(app& a) {
    const auto& set = a.all.set.keys;
    const auto until = deadline::after(step_time);
    const auto moved = co_await clock_moved(a.db, until);
    const bool others = co_await a.all.ring.load(a.db, moved, until);
    if (others) a.all.tokens.set_keys(a.all.ring.now()->verifiers);

    key_store store(a.db);
    const auto keys = co_await store.load(moved, until);
    const auto active = age_of(keys, "active");
    if (set.renewed > 0h && active && *active + set.published >= set.renewed && !age_of(keys, "next")) {
        auto next = make_key(a.all.keys, set.algorithm);
        const auto kid = next.kid;
        const bool made = co_await store.insert_next(std::move(next), moved, until);
        if (made) a.all.log.info("key_next").with("kid", kid);
    }
    if (set.renewed > 0h && active && *active >= set.renewed) {
        const auto done = co_await store.rotate(set.published, moved, until);
        if (done == rotated::done) a.all.log.info("key_rotated");
    }
    if (age_of(keys, "retiring")) {
        const auto n = co_await store.retire(a.sessions.tokens_live(), moved, until);
        if (n > 0) a.all.log.info("key_retired").with("keys", n);
    }
}

// Said by /health until they are sealed anew.
awaitable<void> look_at_factors(app& a) {
    if (!a.db.ready() || !a.all.factors.doubtful()) co_return;
    const auto before = a.all.factors.closed();
    const auto found = co_await a.all.factors.count(a.db, step_time);
    if (found.closed == before) co_return;
    if (found.closed > 0)
        a.all.log.error("second_factors_sealed_otherwise")
            .with("code_generators", found.closed)
            .with("meaning", "MITA_KEY_SECRET was changed without keys reseal: logins with a code are refused");
    else
        a.all.log.info("second_factors_open_again");
}

}  // namespace

void keep_keys(runtime& loops, app& a) {
    loops.every(0, "keys", look_again, [&a]() -> awaitable<void> {
        // The hub loads the first ones, once it knows what is revoked; that the database is away is said by others.
        if (!a.all.ring.now() || !a.db.ready()) co_return;
        co_await step(a);
    });
    loops.every(0, "second_factors", look_at_secrets, [&a] { return look_at_factors(a); });
}

}  // namespace mita::auth

// The validator: revocations against cached and current checks.
#include "unit/jwt/validator_support.hpp"

using namespace mita;
using namespace mita::jwt;
using namespace mita::jwt::test;

TEST_CASE("C3: a revoked session, user, token or key is refused on the very next call, cached or not") {
    for (const bool cached : {true, false})
        for (const auto kind :
             {revocation_kind::session, revocation_kind::user, revocation_kind::token, revocation_kind::key}) {
            validating f;
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
                case revocation_kind::person:  // revokes nothing
                    break;
            }
            CHECK(f.see(token) == verdict::revoked);
            CHECK(f.see(token) == verdict::revoked);
            CHECK(f.see(unconcerned) == (kind == revocation_kind::key ? verdict::revoked : verdict::ok));
        }
}

TEST_CASE("C3: revoking a user concerns tokens issued before, not those issued after") {
    validating f;
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
    validating f;
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
    validating f;
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

TEST_CASE("C7: silence of the feed beyond the limit is degraded, never heard is degraded too") {
    validator_options o;
    o.feed_silence_limit = 10'000ms;
    validating f(algorithm::eddsa, o);
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

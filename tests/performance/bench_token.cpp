// B4: CPU time and allocations of checking a token that is cached, against checking its ES256 signature. Interleaved
// rounds, medians.
#include "core/clock.hpp"
#include "core/ids.hpp"
#include "jwt/validator.hpp"
#include "support/counted_new.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

namespace {

using namespace mita;
using namespace mita::jwt;

double cpu_us() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}

double median(std::vector<double> v) {
    std::ranges::sort(v);
    return v[v.size() / 2];
}

std::vector<std::string> tokens_of(const signing_key& key, const policy& rules, int count) {
    std::vector<std::string> out;
    for (int i = 0; i < count; ++i) {
        claims c;
        c.issuer = rules.issuer;
        c.audience = rules.audience;
        c.jti = new_uuid();
        c.issued_at = wall::unix_seconds();
        c.who.user_id = new_uuid();
        c.who.session_id = new_uuid();
        c.who.client_id = "web";
        c.who.scope = "finance:read finance:write profile";
        c.who.auth_time = c.issued_at;
        c.who.expires_at = c.issued_at + 600;
        out.push_back(issue(c, key));
    }
    return out;
}

}  // namespace

int main() {
    const bool quick = std::getenv("MITA_BENCH_QUICK") != nullptr;
    validator_options cached, bare;
    cached.rules.issuer = bare.rules.issuer = "https://mita.local";
    cached.rules.audience = bare.rules.audience = "mita-api";
    bare.cache_bytes = 0;
    const auto key = signing_key::generate(algorithm::es256);
    const auto keys = key_set::from_jwks(make_jwks({key.public_jwk()}));
    revocations revoked;
    validator with(cached, revoked, nullptr), without(bare, revoked, nullptr);
    with.set_keys(keys);
    without.set_keys(keys);
    const auto tokens = tokens_of(key, cached.rules, 500);
    bool right = true;
    for (const auto& token : tokens) right = with.check_now(token).result == verdict::ok && right;

    std::vector<double> hit_us, verify_us;
    std::uint64_t allocated = 0;
    const auto crypto_before = with.verified_by_crypto();
    for (int round = 0; round < (quick ? 5 : 21); ++round) {
        const int laps = quick ? 10 : 40;
        const auto allocations_before = test::allocations();
        double began = cpu_us();
        for (int lap = 0; lap < laps; ++lap)
            for (const auto& token : tokens) right = with.check_now(token).result == verdict::ok && right;
        const double spent = cpu_us() - began;
        allocated += test::allocations() - allocations_before;
        hit_us.push_back(spent / laps / static_cast<double>(tokens.size()));
        began = cpu_us();
        const std::size_t some = quick ? 20 : 100;
        for (std::size_t i = 0; i < some; ++i) right = without.check_now(tokens[i]).result == verdict::ok && right;
        verify_us.push_back((cpu_us() - began) / static_cast<double>(some));
    }
    right = right && with.verified_by_crypto() == crypto_before;
    const double hit = median(hit_us), verified = median(verify_us);
    fmt::print(
        "{{\"goal\":\"B4\",\"what\":\"check of a cached token, CPU\",\"value\":{:.3f},\"unit\":\"µs\",\"target\":\"<= "
        "2\",\"met\":{},"
        "\"peer\":\"ES256 verify {:.1f} µs\",\"token_bytes\":{},\"times_cheaper\":{:.0f}}}\n",
        hit, hit <= 2, verified, tokens.front().size(), verified / hit);
    fmt::print(
        "{{\"goal\":\"B4\",\"what\":\"mallocs of it\",\"value\":{},\"unit\":\"\",\"target\":\"<= "
        "0\",\"met\":{},\"peer\":\"\"}}\n",
        allocated, allocated == 0);
    return right ? 0 : 1;
}

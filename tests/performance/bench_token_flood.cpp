// B22: a million distinct good tokens through the validator's cache (C5): its bytes and the process' memory stay, and
// people who call again and again stay cached.
#include "core/clock.hpp"
#include "core/ids.hpp"
#include "jwt/validator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace {

using namespace mita;
using namespace mita::jwt;

// Resident now, in MiB.
double resident() {
    std::ifstream in("/proc/self/statm");
    double all = 0, now = 0;
    in >> all >> now;
    return now * 4096 / (1 << 20);
}

std::string token_of(const signing_key& key, const policy& rules) {
    claims c;
    c.issuer = rules.issuer;
    c.audience = rules.audience;
    c.jti = new_uuid();
    c.issued_at = wall::unix_seconds();
    c.who.user_id = new_uuid();
    c.who.session_id = new_uuid();
    c.who.client_id = "web";
    c.who.scope = "user";
    c.who.auth_time = c.issued_at;
    c.who.expires_at = c.issued_at + 600;
    return issue(c, key);
}

void tell(const char* what, double value, const char* unit, const char* target, bool met) {
    fmt::print(
        "{{\"goal\":\"B22\",\"what\":\"{}\",\"value\":{:.3f},\"unit\":\"{}\",\"target\":\"{}\",\"met\":{},\"peer\":"
        "\"\"}}\n",
        what, value, unit, target, met);
}

}  // namespace

int main() {
    const bool quick = std::getenv("MITA_BENCH_QUICK") != nullptr;
    const int all = quick ? 20'000 : 1'000'000, warm = all / 5, hot_people = 500, a_hot_one_each = 4;
    validator_options o;
    o.rules.issuer = "https://mita.local";
    o.rules.audience = "mita-api";
    const auto key = signing_key::generate(algorithm::es256);
    revocations revoked;
    validator tokens(o, revoked, nullptr);
    tokens.set_keys(key_set::from_jwks(make_jwks({key.public_jwk()})));

    std::vector<std::string> hot;
    for (int i = 0; i < hot_people; ++i) hot.push_back(token_of(key, o.rules));
    bool right = true;
    double before = 0, most = 0;
    std::uint64_t asked = 0, missed = 0, fullest = 0;
    for (int i = 0; i < all; ++i) {
        right = tokens.check_now(token_of(key, o.rules)).result == verdict::ok && right;
        if (i % a_hot_one_each == 0) {
            const auto by_crypto = tokens.verified_by_crypto();
            const auto& again = hot[static_cast<std::size_t>(i / a_hot_one_each) % hot.size()];
            right = tokens.check_now(again).result == verdict::ok && right;
            if (i >= warm) {
                ++asked;
                missed += tokens.verified_by_crypto() - by_crypto;
            }
        }
        if (i == warm) before = resident();
        if (i > warm && i % 1'000 == 0) {
            most = std::max(most, resident());
            fullest = std::max(fullest, tokens.cache_stats().bytes);
        }
    }
    const auto stats = tokens.cache_stats();
    const double share = static_cast<double>(fullest) / static_cast<double>(stats.max_bytes);
    const double kept = 100.0 * (1.0 - static_cast<double>(missed) / static_cast<double>(asked));
    const double grown = most - before;
    tell("distinct tokens", all, "", "", true);
    tell("most that the cache held, of what it may", share, "×", "<= 1", share <= 1);
    tell("memory of the process, most after a fifth of them minus then", grown, "MiB", "<= 1", grown <= 1);
    tell("checks of the hot set answered from the cache", kept, "%", ">= 95", kept >= 95);
    return right ? 0 : 1;
}

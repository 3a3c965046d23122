#include "jwt/trust.hpp"

#include "jwt/bearer.hpp"

#include <cstdint>
#include <limits>
#include <utility>

namespace mita::jwt {

namespace {

constexpr auto never = std::numeric_limits<std::int64_t>::max();

awaitable<std::string> fetch(http::sender& auth_internal, const secret& internal_token, deadline d) {
    http::client_request ask(http::verb::get, "/internal/v1/jwks");
    ask.headers = authorization_line(internal_token);
    const auto answer = co_await auth_internal.send(std::move(ask), d);
    if (answer.status != 200) throw http::upstream_error("auth gave no keys", true);
    co_return std::string(answer.body);
}

}  // namespace

validator_options options_of(const common_settings& s, std::size_t cache_bytes) {
    validator_options o;
    o.rules.issuer = s.issuer;
    o.rules.audience = s.audience;
    o.rules.max_lifetime_s = s.access_ttl.count();
    o.cache_bytes = cache_bytes;
    return o;
}

feed_options feed_options_of(const common_settings& s) {
    feed_options o;
    o.internal_token = s.internal_token.copy();
    return o;
}

validator::refetch_fn keys_from(http::sender& auth_internal, const secret& internal_token) {
    return [&auth_internal, &internal_token](deadline d) { return fetch(auth_internal, internal_token, d); };
}

void export_revocation_lag(metrics::registry& r, const std::string& service, const revocations& revoked) {
    r.callback("mita_" + service + "_revocation_lag_seconds", "Since revocations were last known to be complete.",
               "gauge", {}, [&revoked] {
                   const auto ms = revoked.silent_ms();
                   return ms == never ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(ms) / 1000;
               });
}

void judge_revocations(degradation_log& log, health_report& r, const revocations& revoked, const validator& tokens) {
    const auto silent = revoked.silent_ms();
    const auto shown = silent == never ? r.uptime_s * 1000 : static_cast<double>(silent);
    log.check_above(r, "revocation_feed_silent_ms", shown, static_cast<double>(tokens.feed_silence_limit().count()));
}

}  // namespace mita::jwt

// How a service that does not issue tokens comes to trust them: rules from its settings, keys and revocations from
// auth's internal listener, what of it /health and /metrics show. Used by finance and gateway (and, for the last,
// auth).
#pragma once

#include "core/health.hpp"
#include "core/metrics.hpp"
#include "core/settings.hpp"
#include "http/client.hpp"
#include "jwt/revocation_feed.hpp"
#include "jwt/revocations.hpp"
#include "jwt/validator.hpp"

#include <cstddef>
#include <string>

namespace mita::jwt {

validator_options options_of(const common_settings& s, std::size_t cache_bytes);
feed_options feed_options_of(const common_settings& s);

// Reads auth's current JWKS, for a key id nobody has heard of yet (T4). Run on the sender's worker (refetch_on); both
// must outlive the validator.
validator::refetch_fn keys_from(http::sender& auth_internal, const secret& internal_token);

// mita_SERVICE_revocation_lag_seconds: since revocations were last known to be complete; NaN before.
void export_revocation_lag(metrics::registry& r, const std::string& service, const revocations& revoked);
// Revocations unheard of for longer than the validator bears.
void judge_revocations(degradation_log& log, health_report& r, const revocations& revoked, const validator& tokens);

}  // namespace mita::jwt

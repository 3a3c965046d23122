#include "gateway/app.hpp"

#include "cache/report.hpp"
#include "gateway/certificate.hpp"
#include "gateway/ops/ops_data.hpp"
#include "jwt/bearer.hpp"
#include "jwt/trust.hpp"

#include <utility>

namespace mita::gateway {

namespace {

// Logins wait for their hash by the hundred: they must not keep a refresh, or the 503 of the next login, from auth.
constexpr unsigned auth_connections = 512, finance_connections = 64;

metrics::counter& rejected(metrics::registry& r, const char* reason) {
    return r.make_counter("mita_gateway_rejected_total", "Requests refused by the gateway itself, by reason",
                          {{"reason", reason}});
}
metrics::counter& decided(metrics::registry& r, const char* decision) {
    return r.make_counter("mita_gateway_ratelimit_decisions_total", "Rate limit decisions", {{"decision", decision}});
}

}  // namespace

shared::shared(settings s, std::vector<setting> shown, runtime& rt, logger& to)
    : set(std::move(s)),
      loops(rt),
      log(to),
      vital("gateway", set, std::move(shown), rt, log, metrics),
      limits(set.rate_table_bytes),
      trail(metrics, log, set.audit_queue) {
    cache::export_stats(metrics, "token", [this] { return tokens ? tokens->cache_stats() : cache::stats(); });
    jwt::export_revocation_lag(metrics, "gateway", revoked);
}

shared::~shared() = default;

app::app(shared& all_, worker& on_)
    : all(all_),
      on(on_),
      live(all_.set),
      auth(on_.get_executor(), {"auth", all_.set.auth, all_.set.auth_internal, auth_connections}, all_.auth_state,
           all_.log, all_.metrics),
      finance(on_.get_executor(), {"finance", all_.set.finance, all_.set.finance_internal, finance_connections},
              all_.finance_state, all_.log, all_.metrics),
      count(all_.metrics) {}

awaitable<void> app::authenticate(http::request& req, http::access need) {
    return jwt::authenticate(*all.tokens, req, need, all.set.internal_token, live.ops_token);
}

std::optional<api_error> app::explain(const std::exception&) { return std::nullopt; }

app::counters::counters(metrics::registry& r)
    : no_route(rejected(r, "no_route")),
      no_method(rejected(r, "no_method")),
      unauthorized(rejected(r, "unauthorized")),
      rate_limited(rejected(r, "rate_limit")),
      unavailable(rejected(r, "upstream_unavailable")),
      allowed(decided(r, "allowed")),
      denied(decided(r, "denied")) {}

}  // namespace mita::gateway

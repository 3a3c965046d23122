#include "gateway/app.hpp"

#include "cache/report.hpp"
#include "jwt/bearer.hpp"
#include "jwt/trust.hpp"

#include <utility>

namespace mita::gateway {

namespace {

// Logins wait for their hash by the hundred: they must not keep a refresh, or the 503 of the next login, from auth.
constexpr unsigned auth_connections = 512, finance_connections = 64, probe_connections = 4;

http::client_options upstream(const char* name, const config::endpoint& where, unsigned connections) {
    http::client_options o;
    o.name = name;
    o.host = where.host;
    o.port = where.port;
    o.max_connections = connections;
    return o;
}

metrics::counter& rejected(metrics::registry& r, const char* reason) {
    return r.make_counter("mita_gateway_rejected_total", "Requests refused by the gateway itself, by reason",
                          {{"reason", reason}});
}
metrics::counter& forwarded(metrics::registry& r, const char* to, const char* outcome) {
    return r.make_counter("mita_gateway_upstream_requests_total", "Requests sent on, by upstream and outcome",
                          {{"upstream", to}, {"outcome", outcome}});
}
metrics::counter& decided(metrics::registry& r, const char* decision) {
    return r.make_counter("mita_gateway_ratelimit_decisions_total", "Rate limit decisions", {{"decision", decision}});
}
metrics::histogram& took(metrics::registry& r, const char* to) {
    return r.make_histogram("mita_gateway_upstream_duration_seconds", "Time of an upstream's answer",
                            {{"upstream", to}});
}

}  // namespace

shared::shared(settings s, std::vector<setting> shown, runtime& rt, logger& to)
    : set(std::move(s)),
      loops(rt),
      log(to),
      vital("gateway", set, std::move(shown), rt, log, metrics),
      limits(set.rate_table_bytes),
      user("user", set.user),
      write("write", set.write),
      login("login", set.login),
      registration("register", set.registration) {
    cache::export_stats(metrics, "token", [this] { return tokens ? tokens->cache_stats() : cache::stats(); });
    jwt::export_revocation_lag(metrics, "gateway", revoked);
}

app::app(shared& all_, worker& on_)
    : all(all_),
      on(on_),
      auth(on_.get_executor(), upstream("auth", all_.set.auth, auth_connections), all_.log, all_.metrics),
      finance(on_.get_executor(), upstream("finance", all_.set.finance, finance_connections), all_.log, all_.metrics),
      auth_inside(on_.get_executor(), upstream("auth_internal", all_.set.auth_internal, probe_connections), all_.log,
                  all_.metrics),
      finance_inside(on_.get_executor(), upstream("finance_internal", all_.set.finance_internal, probe_connections),
                     all_.log, all_.metrics),
      count(all_.metrics) {}

awaitable<void> app::authenticate(http::request& req, http::access) {
    jwt::refuse_token(req);  // nobody's route: those inside are open
    co_return;
}

std::optional<api_error> app::explain(const std::exception&) { return std::nullopt; }

app::counters::counters(metrics::registry& r)
    : no_route(rejected(r, "no_route")),
      no_method(rejected(r, "no_method")),
      unauthorized(rejected(r, "unauthorized")),
      rate_limited(rejected(r, "rate_limit")),
      unavailable(rejected(r, "upstream_unavailable")),
      allowed(decided(r, "allowed")),
      denied(decided(r, "denied")),
      auth_ok(forwarded(r, "auth", "answered")),
      auth_failed(forwarded(r, "auth", "failed")),
      finance_ok(forwarded(r, "finance", "answered")),
      finance_failed(forwarded(r, "finance", "failed")),
      auth_time(took(r, "auth")),
      finance_time(took(r, "finance")) {}

}  // namespace mita::gateway

// The gateway's own endpoints: /livez /readyz /health /metrics /openapi.json.
#include "core/build_info.hpp"
#include "core/error.hpp"
#include "gateway/app.hpp"
#include "gateway/openapi_json.hpp"
#include "http/problem.hpp"
#include "jwt/bearer.hpp"

#include <algorithm>
#include <functional>
#include <string>

namespace mita::gateway {

namespace {

constexpr const char* allowed = "GET, HEAD, OPTIONS";

health_report::cache token_cache_of(const cache::stats& s) {
    health_report::cache c;
    c.name = "token";
    c.hits = s.hits;
    c.misses = s.misses;
    c.hit_ratio = s.hit_ratio();
    c.entries = s.entries;
    c.bytes = s.bytes;
    c.max_bytes = s.max_bytes;
    c.evictions = s.evictions;
    c.expired = s.expired;
    c.last_cleanup_unix_ms = s.last_cleanup_unix_ms;
    return c;
}

std::string status_of(shared::upstream_state& s) {
    const std::scoped_lock lock(s.mutex);
    return s.status;
}

health_report report_of(shared& all) {
    health_report r;
    r.service = "gateway";
    r.version = version();
    r.commit = commit();
    r.uptime_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - all.started).count();
    r.services = {{"auth", status_of(all.auth_state)}, {"finance", status_of(all.finance_state)}};
    r.unhealthy = !ready(all);
    r.caches.push_back(token_cache_of(all.tokens->cache_stats()));
    r.where = all.set.where;
    r.settings = all.shown;

    const std::scoped_lock lock(all.degradation_mutex);
    for (const auto& [name, status] : r.services)
        all.degradations.check(r, name + "_" + (status == "healthy" ? "ok" : status), status == "healthy" ? 0 : 1, 0);
    all.degradations.check(r, "revocation_feed_silent_ms", static_cast<double>(all.revoked.silent_ms()), 25'000);
    double lag = 0;
    for (const app* a : all.apps) lag = std::max(lag, a->on.lag_seconds());
    all.degradations.check(r, "event_loop_lag_seconds", lag, 0.02);
    return r;
}

// Whole for the ops token and the internal listener, brief for everybody else.
bool sees_all(const http::request& req, const app& a, bool inside) {
    if (inside) return true;
    const auto token = jwt::bearer(req);
    return token && !a.all.set.ops_token.empty() && a.all.set.ops_token == *token;
}

http::response answer(http::request& req, app& a, bool inside) {
    if (req.path == "/livez") return http::json(200, "{\"status\":\"ok\"}");
    if (req.path == "/readyz") {
        if (ready(a.all)) return http::json(200, "{\"status\":\"ready\"}");
        auto out = http::json(503, "{\"status\":\"not_ready\"}");
        http::with_header(out, "Retry-After", "1");
        return out;
    }
    if (req.path == "/health") {
        const auto report = report_of(a.all);
        return http::json(report.unhealthy ? 503 : 200, to_json(report, !sees_all(req, a, inside)));
    }
    if (req.path == "/metrics") {
        if (!sees_all(req, a, inside)) jwt::refuse_token();
        const bool open = req.headers.value("Accept").find("application/openmetrics-text") != std::string_view::npos;
        auto out = http::json(200, a.all.metrics.expose(open));
        out.content_type = open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                : "text/plain; version=0.0.4; charset=utf-8";
        return out;
    }
    http::refuse_query(req);
    static const std::string tag = std::to_string(std::hash<std::string_view>()(openapi_json()));
    auto out = http::json_with_etag(req, std::string(openapi_json()), tag);
    http::with_header(out, "Cache-Control", "public, max-age=300");
    return out;
}

}  // namespace

awaitable<void> own_endpoint(http::request& req, http::response& res, app& a, bool inside) {
    const std::string kept = res.head_block;
    if (req.method == http::verb::options) {
        res = http::empty();
        http::with_header(res, "Allow", allowed);
    } else if (req.method == http::verb::get || req.method == http::verb::head) {
        res = answer(req, a, inside);
    } else {
        throw api_error(405, "method_not_allowed", "This path is read with GET.").with_header("Allow", allowed);
    }
    res.head_block += kept;
    co_return;
}

}  // namespace mita::gateway

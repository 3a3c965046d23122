// The gateway's own endpoints: /livez /readyz /health /metrics /openapi.json.
#include "cache/report.hpp"
#include "core/error.hpp"
#include "gateway/app.hpp"
#include "gateway/openapi_json.hpp"
#include "http/operations.hpp"
#include "http/problem.hpp"
#include "jwt/bearer.hpp"
#include "jwt/trust.hpp"

#include <functional>
#include <string>

namespace mita::gateway {

namespace {

constexpr const char* allowed = "GET, HEAD, OPTIONS";

std::string status_of(shared::upstream_state& s) {
    const std::scoped_lock lock(s.mutex);
    return s.status;
}

health_report report_of(shared& all) {
    health_report r = all.vital.report();
    r.services = {{"auth", status_of(all.auth_state)}, {"finance", status_of(all.finance_state)}};
    r.unhealthy = !ready(all);
    r.caches.push_back(cache::health_of("token", all.tokens->cache_stats()));

    auto& degradations = all.vital.degradations;
    for (const auto& [name, status] : r.services)
        degradations.check(r, name + "_not_healthy", status != "healthy", 1, 0);
    jwt::judge_revocations(degradations, r, all.revoked, *all.tokens);
    return r;
}

// Whole for the ops token and the internal listener, brief for everybody else.
bool sees_all(const http::request& req, const app& a, bool inside) {
    if (inside) return true;
    const auto token = jwt::bearer(req);
    return token && !a.all.set.ops_token.empty() && a.all.set.ops_token == *token;
}

http::response answer(http::request& req, app& a, bool inside) {
    if (req.path == "/livez") return http::live_answer();
    if (req.path == "/readyz") return http::ready_answer(ready(a.all));
    if (req.path == "/health") return http::health_answer(report_of(a.all), sees_all(req, a, inside));
    if (req.path == "/metrics") {
        if (!sees_all(req, a, inside)) jwt::refuse_token();
        return http::metrics_answer(req, a.all.metrics);
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

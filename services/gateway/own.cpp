#include "gateway/own.hpp"

#include "cache/report.hpp"
#include "gateway/openapi_json.hpp"
#include "http/operations.hpp"
#include "jwt/bearer.hpp"
#include "jwt/trust.hpp"

#include <functional>
#include <string>
#include <utility>

namespace mita::gateway {

namespace {

std::string status_of(shared::upstream_state& s) {
    const std::scoped_lock lock(s.mutex);
    return s.status;
}

bool shows_ops_token(const http::request& req, const app& a) {
    const auto token = jwt::bearer(req);
    return token && !a.all.set.ops_token.empty() && a.all.set.ops_token == *token;
}

constexpr http::route<app> inside[] = {
    {http::verb::get, "/livez", http::livez<app>, http::access::open},
    {http::verb::get, "/readyz", http::readyz<app>, http::access::open},
    {http::verb::get, "/health", http::health<app>, http::access::open},
    {http::verb::get, "/metrics", http::metrics_text<app>, http::access::open},
};

}  // namespace

std::span<const http::route<app>> internal_routes() { return inside; }

awaitable<health_report> app::health() {
    health_report r = all.vital.report();
    r.services = {{"auth", status_of(all.auth_state)}, {"finance", status_of(all.finance_state)}};
    r.unhealthy = !ready();
    r.caches.push_back(cache::health_of("token", all.tokens->cache_stats()));

    auto& degradations = all.vital.degradations;
    for (const auto& [name, status] : r.services)
        degradations.check(r, name + "_not_healthy", status != "healthy", 1, 0);
    jwt::judge_revocations(degradations, r, all.revoked, *all.tokens);
    co_return r;
}

awaitable<http::response> health_outside(http::request& req, app& a) {
    const health_report report = co_await a.health();
    co_return http::health_answer(report, shows_ops_token(req, a));
}

awaitable<http::response> metrics_outside(http::request& req, app& a) {
    if (!shows_ops_token(req, a)) jwt::refuse_token(req);
    co_return http::metrics_answer(req, a.all.metrics);
}

awaitable<http::response> openapi(http::request& req, app&) {
    http::refuse_query(req);
    static const std::string tag = std::to_string(std::hash<std::string_view>()(openapi_json()));
    co_return http::json_with_etag(req, std::string(openapi_json()), tag, 200, "public, max-age=300");
}

}  // namespace mita::gateway

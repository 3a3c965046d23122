#include "gateway/own/own.hpp"

#include "gateway/ops/ops_data.hpp"
#include "gateway/own/openapi_json.hpp"
#include "gateway/own/page_files.hpp"
#include "http/operations.hpp"
#include "jwt/bearer.hpp"

#include <string>

namespace mita::gateway::own {

namespace {

bool shows_ops_token(const http::request& req, const app& a) {
    const auto token = jwt::bearer(req);
    return token && !a.live.ops_token.empty() && a.live.ops_token == *token;
}

awaitable<void> require_ops_token(http::request& req, app& a) {
    co_await jwt::authenticate(*a.all.tokens, req, http::access::ops, a.all.set.internal_token, a.live.ops_token);
}

constexpr http::route<app> inside[] = {
    {http::verb::get, "/livez", http::livez<app>, http::access::open},
    {http::verb::get, "/readyz", http::readyz<app>, http::access::open},
    {http::verb::get, "/health", http::health<app>, http::access::open},
    {http::verb::get, "/metrics", http::metrics_text<app>, http::access::open},
};

}  // namespace

std::span<const http::route<app>> internal_routes() { return inside; }

awaitable<http::response> livez(http::request& req, app& a) { return http::livez<app>(req, a); }
awaitable<http::response> readyz(http::request& req, app& a) { return http::readyz<app>(req, a); }

awaitable<http::response> health(http::request& req, app& a) {
    const health_report report = co_await a.health();
    co_return http::health_answer(report, shows_ops_token(req, a));
}

awaitable<http::response> metrics(http::request& req, app& a) {
    co_await require_ops_token(req, a);
    co_return http::metrics_answer(req, a.all.metrics);
}

awaitable<http::response> ops_data(http::request& req, app& a) {
    co_await require_ops_token(req, a);
    http::refuse_query(req);
    const gateway::ops_data::document data = co_await a.all.operators->now(req.until);
    co_return http::json(200, *data);
}

awaitable<http::response> openapi(http::request& req, app&) {
    http::refuse_query(req);
    const page_file whole{"openapi.json", "application/json", openapi_tag(), openapi_json(), openapi_gzip()};
    co_return answer_file(req, whole, "public, max-age=300");
}

}  // namespace mita::gateway::own

#include "auth/handlers/handlers.hpp"

namespace mita::auth {

awaitable<http::response> livez(http::request&, app&) { co_return http::json(200, "{\"status\":\"ok\"}"); }

awaitable<http::response> readyz(http::request&, app& a) {
    if (a.ready()) co_return http::json(200, "{\"status\":\"ready\"}");
    auto out = http::json(503, "{\"status\":\"not_ready\"}");
    http::with_header(out, "Retry-After", "1");
    co_return out;
}

awaitable<http::response> health(http::request&, app& a) {
    const auto report = a.health();
    co_return http::json(report.unhealthy ? 503 : 200, to_json(report, false));
}

awaitable<http::response> metrics_text(http::request& req, app& a) {
    const bool open = req.headers.value("Accept").find("application/openmetrics-text") != std::string_view::npos;
    auto out = http::json(200, a.all.metrics.expose(open));
    out.content_type = open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                            : "text/plain; version=0.0.4; charset=utf-8";
    co_return out;
}

}  // namespace mita::auth

#include "http/operations.hpp"

#include <algorithm>
#include <array>

namespace mita::http {

response live_answer() { return json(200, "{\"status\":\"ok\"}"); }

response ready_answer(bool ready) {
    if (ready) return json(200, "{\"status\":\"ready\"}");
    auto out = json(503, "{\"status\":\"not_ready\"}");
    with_header(out, "Retry-After", "1");
    return out;
}

response health_answer(const health_report& r, bool whole) { return json(r.unhealthy ? 503 : 200, to_json(r, !whole)); }

response metrics_answer(const request& req, const metrics::registry& metrics) {
    const bool open = req.headers.value("Accept").find("application/openmetrics-text") != std::string_view::npos;
    auto out = json(200, metrics.expose(open));
    out.content_type = open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                            : "text/plain; version=0.0.4; charset=utf-8";
    return out;
}

bool is_operational(std::string_view route) {
    constexpr std::array<std::string_view, 8> routes = {"/livez", "/readyz", "/health",        "/metrics",
                                                        "/docs",  "/ops",    "/assets/{file}", "/ops/data"};
    return std::find(routes.begin(), routes.end(), route) != routes.end();
}

}  // namespace mita::http

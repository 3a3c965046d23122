// What operates a service over HTTP, alike everywhere: /livez /readyz /health /metrics. Used by the route tables of
// auth and finance and by the gateway's own endpoints.
#pragma once

#include "core/health.hpp"
#include "core/metrics.hpp"
#include "http/message.hpp"

#include <string_view>

namespace mita::http {

response live_answer();
response ready_answer(bool ready);  // 200, or 503 with Retry-After
// 200 healthy or degraded, 503 unhealthy. whole: for operators; else what anybody may see.
response health_answer(const health_report& r, bool whole);
// Prometheus text, OpenMetrics by Accept.
response metrics_answer(const request& req, const metrics::registry& metrics);

// Is this route one of the above, or of the pages? They are not what people wait for: left out of the percentiles.
bool is_operational(std::string_view route);

// Handlers for http::route<App>. App: bool ready() const; awaitable<health_report> health(); all.metrics.
template <class App>
awaitable<response> livez(request&, App&) {
    co_return live_answer();
}
template <class App>
awaitable<response> readyz(request&, App& a) {
    co_return ready_answer(a.ready());
}
template <class App>
awaitable<response> health(request&, App& a) {
    const health_report report = co_await a.health();
    co_return health_answer(report, true);
}
template <class App>
awaitable<response> metrics_text(request& req, App& a) {
    co_return metrics_answer(req, a.all.metrics);
}

}  // namespace mita::http

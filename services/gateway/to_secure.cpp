#include "gateway/to_secure.hpp"

#include "core/error.hpp"
#include "http/problem.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace mita::gateway {

namespace {

constexpr std::uint16_t usual_port = 443;

// "example.org:8080" without the port; a literal IPv6 address keeps its brackets.
std::string_view name_in(std::string_view host) {
    const auto end_of_literal = host.starts_with('[') ? host.find(']') : 0;
    return host.substr(0, host.find(':', std::min(end_of_literal, host.size())));
}

}  // namespace

awaitable<http::service::admission> to_secure::admit(http::request& req, http::response& res) {
    if (req.path == "/livez" || req.path == "/readyz" || req.path == "/health") {
        auto out = co_await probes_.admit(req, res);
        co_return out;
    }
    admission out;
    out.admitted = false;
    const auto host = name_in(req.headers.value("Host"));
    if (host.empty()) {  // HTTP/1.0
        http::write_problem(res, req, api_error(400, "https_required", "Ask at the port for TLS"));
        co_return out;
    }
    std::string where = "https://" + std::string(host);
    if (port_ != usual_port) where += ":" + std::to_string(port_);
    where += req.path;
    if (!req.query.empty()) where.append("?").append(req.query);
    res.status = 308;
    res.content_type = {};
    http::with_header(res, "Location", std::move(where));
    co_return out;
}

}  // namespace mita::gateway

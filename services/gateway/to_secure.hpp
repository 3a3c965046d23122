// What the plain port answers where it is there to send clients to the TLS one: 308 with the same path, so that methods
// and bodies come again. What probes ask (/livez, /readyz, /health) is answered as ever.
#pragma once

#include "http/hsts_service.hpp"
#include "http/server.hpp"

#include <cstdint>
#include <string_view>

namespace mita::gateway {

class to_secure final : public http::service, public http::hsts_service {
public:
    to_secure(http::service& probes, const http::hsts_service& promise, std::uint16_t port)
        : probes_(probes), promise_(promise), port_(port) {}
    std::string_view hsts() const override { return promise_.hsts(); }
    awaitable<admission> admit(http::request& req, http::response& res) override;
    awaitable<void> handle(http::request& req, http::response& res) override { return probes_.handle(req, res); }
    void refused(std::string_view origin, http::response& res) override { probes_.refused(origin, res); }

private:
    http::service& probes_;
    const http::hsts_service& promise_;
    std::uint16_t port_;
};

}  // namespace mita::gateway

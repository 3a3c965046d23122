// A service as it is, whose server takes new options while it serves. Made by serve.
#pragma once

#include "http/live_options.hpp"
#include "http/server.hpp"

namespace mita::http {

class adjusted final : public service, public adjusted_service {
public:
    adjusted(service& way, const live_options& live) : way_(way), live_(live) {}
    awaitable<admission> admit(request& req, response& res) override { return way_.admit(req, res); }
    awaitable<void> handle(request& req, response& res) override { return way_.handle(req, res); }
    void refused(std::string_view origin, response& res) override { way_.refused(origin, res); }
    const live_options& live() const override { return live_; }

private:
    service& way_;
    const live_options& live_;
};

}  // namespace mita::http

// POST /reload of an internal listener, by MITA_INTERNAL_TOKEN, before the service that answers all else. Made by
// serve.
#pragma once

#include "core/secret.hpp"
#include "core/settings_reload.hpp"
#include "http/server.hpp"

namespace mita::http {

class reload_door final : public service {
public:
    reload_door(service& way, settings_reload& again, const secret& token) : way_(way), again_(again), token_(token) {}
    awaitable<admission> admit(request& req, response& res) override;
    awaitable<void> handle(request& req, response& res) override;
    void refused(std::string_view origin, response& res) override { way_.refused(origin, res); }

private:
    service& way_;
    settings_reload& again_;
    const secret& token_;
};

}  // namespace mita::http

// The one pass: everything the gateway does to a request, each once, in the order it stands in pass.cpp. What HTTP
// itself demands (head guard, request id, trace, security headers, timeouts, metrics, slow log) http::server has done
// before or does after.
#pragma once

#include "gateway/app.hpp"
#include "gateway/compress/compressor.hpp"
#include "gateway/routes.hpp"
#include "gateway/upstream/proxy.hpp"
#include "http/convoy.hpp"
#include "http/hsts_service.hpp"
#include "http/live_options.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "http/tls_service.hpp"
#include "http/wording_service.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace mita::gateway {

class pass final : public http::convoy_service,
                   public http::tls_service,
                   public http::wording_service,
                   public http::adjusted_service,
                   public http::hsts_service {
public:
    // by: whom its server shows by TLS; null: plain.
    explicit pass(app& a, const http::tls_identity* by = nullptr);
    awaitable<admission> admit(http::request& req, http::response& res) override;
    awaitable<void> handle(http::request& req, http::response& res) override;
    void refused(std::string_view origin, http::response& res) override;
    std::unique_ptr<http::convoy> make_convoy(const http::request& first) override;
    const http::tls_identity* shown() const override { return by_; }
    const http::live_options& live() const override { return app_.all.options; }
    std::string_view hsts() const override { return by_ != nullptr ? app_.live.hsts_by_tls : app_.live.hsts_plain; }
    void add_to(http::response& problem, const http::request& req) override;

private:
    class convoy;
    upstream& behind(const gateway_route& r) const { return r.to == target::auth ? app_.auth : app_.finance; }
    awaitable<void> answer_own(http::request& req, http::response& res, const gateway_route& r);
    awaitable<void> send_on(http::request& req, http::response& res, const gateway_route& r, companions* with);
    const gateway_route* find(http::request& req, http::response& res) const;
    bool allow_origin(std::string_view origin, http::response& res) const;
    bool cors(const http::request& req, http::response& res) const;
    awaitable<void> check_token(http::request& req, bool required);
    void check_rates(const http::request& req, http::response& res, const gateway_route& r);
    app& app_;
    const http::tls_identity* const by_;
    http::dispatch_core map_;
    proxy proxy_;
    compressor packer_;
};

}  // namespace mita::gateway

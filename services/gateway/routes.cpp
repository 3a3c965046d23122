#include "gateway/routes.hpp"

#include "gateway/own.hpp"
#include "http/operations.hpp"

namespace mita::gateway {

namespace {

using http::verb;
constexpr auto auth = target::auth, finance = target::finance;
constexpr bool keyed = true;

constexpr gateway_route answered_here(std::string_view path,
                                      awaitable<http::response> (*handler)(http::request&, app&)) {
    return {verb::get, path, target::own, false, limit::user, false, 0, handler};
}

constexpr gateway_route table[] = {
    answered_here("/livez", http::livez<app>),
    answered_here("/readyz", http::readyz<app>),
    answered_here("/health", health_outside),
    answered_here("/metrics", metrics_outside),
    answered_here("/openapi.json", openapi),

    {verb::get, "/.well-known/jwks.json", auth, false},
    {verb::post, "/v1/auth/register", auth, false, limit::registration},
    {verb::post, "/v1/auth/login", auth, false, limit::login},
    {verb::post, "/v1/auth/refresh", auth, false},
    {verb::post, "/v1/auth/logout", auth, false},      // also with an expired token
    {verb::post, "/v1/auth/logout_all", auth, false},  // likewise
    {verb::get, "/v1/auth/sessions", auth},
    {verb::del, "/v1/auth/sessions/{id}", auth},
    {verb::get, "/v1/auth/me", auth},

    {verb::get, "/v1/me", finance},
    {verb::patch, "/v1/me", finance},
    {verb::get, "/v1/onboarding", finance},
    {verb::put, "/v1/onboarding", finance},
    {verb::get, "/v1/calendar", finance},
    {verb::get, "/v1/calendar/{date}", finance},
    {verb::get, "/v1/calendar/{date}/explain", finance},
    {verb::get, "/v1/today", finance},
    {verb::get, "/v1/transactions", finance},
    {verb::post, "/v1/transactions", finance, true, limit::user, keyed},
    {verb::get, "/v1/transactions/{id}", finance},
    {verb::patch, "/v1/transactions/{id}", finance},
    {verb::del, "/v1/transactions/{id}", finance},
    {verb::post, "/v1/transactions/{id}:restore", finance, true, limit::user, keyed},
    {verb::post, "/v1/affordability", finance},
    {verb::get, "/v1/categories", finance},
    {verb::post, "/v1/categories", finance, true, limit::user, keyed},
    {verb::get, "/v1/categories/{category}", finance},
    {verb::patch, "/v1/categories/{category}", finance},
    {verb::del, "/v1/categories/{category}", finance},
    {verb::get, "/v1/currencies", finance, false},
};

}  // namespace

std::span<const gateway_route> routes() { return table; }

}  // namespace mita::gateway

#include "gateway/routes.hpp"

namespace mita::gateway {

namespace {

constexpr std::size_t json_body = 64 << 10, batch_body = 1 << 20;

// Whole paths before prefixes; a longer prefix before a shorter one. Each finance prefix is a row for the metrics'
// label.
constexpr gateway_route table[] = {
    {"/livez", false, target::own, false, limit::user, 0},
    {"/readyz", false, target::own, false, limit::user, 0},
    {"/health", false, target::own, false, limit::user, 0},
    {"/metrics", false, target::own, false, limit::user, 0},
    {"/openapi.json", false, target::own, false, limit::user, 0},

    {"/.well-known/jwks.json", false, target::auth, false, limit::user, 0},
    {"/v1/auth/register", false, target::auth, false, limit::registration, json_body},
    {"/v1/auth/login", false, target::auth, false, limit::login, json_body},
    {"/v1/auth/refresh", false, target::auth, false, limit::user, json_body},
    {"/v1/auth/logout", false, target::auth, false, limit::user, json_body},      // also with an expired token
    {"/v1/auth/logout_all", false, target::auth, false, limit::user, json_body},  // likewise
    {"/v1/auth/", true, target::auth, true, limit::user, json_body},

    {"/v1/currencies", false, target::finance, false, limit::user, json_body},
    {"/v1/transactions:batch", false, target::finance, true, limit::user, batch_body},
    {"/v1/transactions", true, target::finance, true, limit::user, json_body},
    {"/v1/calendar", true, target::finance, true, limit::user, json_body},
    {"/v1/today", true, target::finance, true, limit::user, json_body},
    {"/v1/me", true, target::finance, true, limit::user, json_body},
    {"/v1/onboarding", true, target::finance, true, limit::user, json_body},
    {"/v1/categories", true, target::finance, true, limit::user, json_body},
    {"/v1/affordability", true, target::finance, true, limit::user, json_body},
    {"/v1/", true, target::finance, true, limit::user, json_body},
};
constexpr gateway_route nowhere{"unmatched", false, target::none, false, limit::user, 0};

}  // namespace

const gateway_route& find_route(std::string_view path) {
    for (const auto& r : table)
        if (r.prefix ? path.starts_with(r.path) : path == r.path) return r;
    return nowhere;
}

std::span<const gateway_route> all_routes() { return table; }

}  // namespace mita::gateway

// The gateway's own endpoints, each named as its operation in the contract: the map that is made from it calls them by
// that name. Outside: brief unless the ops token is shown. Inside, on the internal listener: whole.
#pragma once

#include "gateway/app.hpp"
#include "http/router.hpp"

#include <span>

namespace mita::gateway::own {

awaitable<http::response> livez(http::request& req, app& a);
awaitable<http::response> readyz(http::request& req, app& a);
awaitable<http::response> health(http::request& req, app& a);
awaitable<http::response> metrics(http::request& req, app& a);  // 401 without the ops token
awaitable<http::response> openapi(http::request& req, app& a);
awaitable<http::response> docs(http::request& req, app& a);
awaitable<http::response> ops_page(http::request& req, app& a);
awaitable<http::response> ops_data(http::request& req, app& a);  // 401 without the ops token
awaitable<http::response> asset(http::request& req, app& a);

std::span<const http::route<app>> internal_routes();

}  // namespace mita::gateway::own

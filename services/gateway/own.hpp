// The gateway's own endpoints. Outside: brief unless the ops token is shown. Inside, on the internal listener: whole.
#pragma once

#include "gateway/app.hpp"
#include "http/router.hpp"

#include <span>

namespace mita::gateway {

awaitable<http::response> health_outside(http::request& req, app& a);
awaitable<http::response> metrics_outside(http::request& req, app& a);  // 401 without the ops token
awaitable<http::response> openapi(http::request& req, app& a);

std::span<const http::route<app>> internal_routes();

}  // namespace mita::gateway

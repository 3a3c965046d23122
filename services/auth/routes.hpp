// The whole API of the auth service on one screen: routes.cpp. Used by serve.
#pragma once

#include "auth/app.hpp"
#include "http/router.hpp"

#include <span>

namespace mita::auth {

std::span<const http::route<app>> public_routes();
std::span<const http::route<app>> internal_routes();

}  // namespace mita::auth

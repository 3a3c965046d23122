// The whole API of the finance service on one screen: routes.cpp. Used by serve.
#pragma once

#include "finance/app.hpp"
#include "finance/event_app.hpp"
#include "http/router.hpp"

#include <span>

namespace mita::finance {

std::span<const http::route<app>> public_routes();
std::span<const http::route<event_app>> event_routes();
std::span<const http::route<app>> internal_routes();

}  // namespace mita::finance

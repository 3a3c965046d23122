// GET /v1/events. Throws as the use cases do (handlers.hpp).
#pragma once

#include "finance/event_app.hpp"
#include "http/message.hpp"

namespace mita::finance {

awaitable<http::response> events(http::request& req, event_app& a);

}  // namespace mita::finance

// The use cases of /v1/tags (handlers.hpp).
#pragma once

#include "finance/app.hpp"
#include "http/message.hpp"

namespace mita::finance {

awaitable<http::response> list_tags(http::request& req, app& a);
awaitable<http::response> merge_tags(http::request& req, app& a);
awaitable<http::response> remove_tags(http::request& req, app& a);

}  // namespace mita::finance

// 304 before the work: a plan's tag is known from one row, so a client that has this state already costs one point
// query. Used by calendar, day and today.
#pragma once

#include "finance/app.hpp"
#include "http/message.hpp"

#include <optional>

namespace mita::finance {

// nullopt: the client named no tag, or another. Throws as month_loader::tag.
awaitable<std::optional<http::response>> unchanged(const http::request& req, app& a, month_request what);

}  // namespace mita::finance

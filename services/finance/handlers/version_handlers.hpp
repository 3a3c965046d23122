// The use cases of changing many transactions at once and of being what one was, one function a route.
#pragma once

#include "finance/app.hpp"
#include "http/message.hpp"

namespace mita::finance {

awaitable<http::response> bulk_transactions(http::request& req, app& a);
awaitable<http::response> transaction_history(http::request& req, app& a);
awaitable<http::response> revert_transaction(http::request& req, app& a);
awaitable<http::response> undo_change(http::request& req, app& a);

}  // namespace mita::finance

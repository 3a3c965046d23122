// The use cases of /v1/budgets, as handlers.hpp has those of the others.
#pragma once

#include "finance/handlers/handlers.hpp"

namespace mita::finance {

// The month in the path; 422 when it is none.
period_name month_named(const http::request& req);

awaitable<http::response> read_budget_of(http::request& req, app& a);
awaitable<http::response> put_budget(http::request& req, app& a);
awaitable<http::response> take_back_budget(http::request& req, app& a);
awaitable<http::response> simulate_budgets(http::request& req, app& a);
awaitable<http::response> list_budget_moves(http::request& req, app& a);
awaitable<http::response> create_budget_move(http::request& req, app& a);
awaitable<http::response> read_budget_move(http::request& req, app& a);

}  // namespace mita::finance

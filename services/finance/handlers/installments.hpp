// The use cases of /v1/installments, as handlers.hpp has those of the others.
#pragma once

#include "finance/handlers/handlers.hpp"

namespace mita::finance {

awaitable<http::response> list_installments(http::request& req, app& a);
awaitable<http::response> create_installment(http::request& req, app& a);
awaitable<http::response> read_installment(http::request& req, app& a);
awaitable<http::response> patch_installment(http::request& req, app& a);
awaitable<http::response> delete_installment(http::request& req, app& a);
awaitable<http::response> quote_installment(http::request& req, app& a);

}  // namespace mita::finance

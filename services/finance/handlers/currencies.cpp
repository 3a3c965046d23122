// GET /v1/currencies: the same for everybody, made once.
#include "finance/domain/money.hpp"
#include "finance/handlers/handlers.hpp"
#include "finance/json_out.hpp"

#include <string>
#include <utility>

namespace mita::finance {

namespace {

std::string make_list() {
    json_out out({}, 16 << 10);
    out.open('{').key("data").open('[');
    for (const auto& c : currencies())
        out.open('{').field("code", c.code).field("exponent", c.exponent).field("name", c.name).close('}');
    out.close(']').null("next_cursor").close('}');
    return std::move(out.text);
}

}  // namespace

awaitable<http::response> list_currencies(http::request& req, app&) {
    const http::query_params query(req.query);
    query.finish();
    static const std::string list = make_list();
    co_return http::json(200, list);
}

}  // namespace mita::finance

#include "finance/handlers/unchanged.hpp"

#include "http/conditional.hpp"

namespace mita::finance {

awaitable<std::optional<http::response>> unchanged(const http::request& req, app& a, month_request what) {
    if (req.headers.find("If-None-Match") == nullptr) co_return std::nullopt;
    const auto tag = co_await a.months.tag(req.who->user_id, what, req.until);
    if (!tag) co_return std::nullopt;
    co_return http::not_modified(req, *tag);
}

}  // namespace mita::finance

#include "finance/handlers/change_settled.hpp"

#include "finance/wire/fields.hpp"
#include "http/conditional.hpp"

namespace mita::finance {

awaitable<http::response> change_one(http::request& req, app& a, change_of_one one) {
    http::refuse_query(req);
    const uuid user = req.who->user_id;
    const auto id = parse_path_id(req.params[0]);
    const auto attempt = [&](int) { return one(a, req, user, id); };
    auto answer = co_await change_settled(req, a, attempt);
    co_return answer;
}

}  // namespace mita::finance

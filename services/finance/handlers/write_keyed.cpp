#include "finance/handlers/write_keyed.hpp"

#include "core/error.hpp"
#include "finance/wire/fields.hpp"
#include "http/conditional.hpp"

namespace mita::finance {

awaitable<http::response> write_keyed(http::request& req, app& a, keyed_try_of one, keyed_form form) {
    http::refuse_query(req);
    for (const auto& id : req.params)
        if (!id.empty()) parse_path_id(id);
    const auto attempt = [&](json_document& body, const keyed_request* key, int) { return one(a, req, body, key); };
    auto answer = co_await write_once(a.way(), req, form, attempt);
    a.all.forget(req.who->user_id);
    co_return answer;
}

void refuse_members(json_document& body) {
    body.object();
    body.finish();
}

void refuse_if_deleted_since(const std::string& noun, std::optional<wall::time_point> deleted_at) {
    if (!deleted_at) return;
    api_error gone(409, "deleted_since",
                   "This key restored the " + noun + " once. It was deleted again at " + wall::format(*deleted_at) +
                       " and is deleted now: restore it with another key.");
    gone.with_header("Idempotency-Replayed", "true");
    throw gone;
}

}  // namespace mita::finance

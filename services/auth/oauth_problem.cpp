// OAuth's names of errors (RFC 6749 5.2, 6750 3.1, 7009 2.2.1) for what MITA calls otherwise.
#include "auth/app.hpp"
#include "auth/people/user_json.hpp"
#include "core/error.hpp"
#include "http/message.hpp"

namespace mita::auth {

namespace {

// Who shows a token that is no good is told so; who shows nothing, or another scheme, is no client.
std::string_view oauth_code(const http::request& req, const api_error& e) {
    const auto shown = req.headers.value("Authorization");
    const bool bears = http::iequals(shown.substr(0, shown.find(' ')), "Bearer");
    if (e.code == "unauthorized") return bears ? "invalid_token" : "invalid_client";
    if (e.code == "forbidden") return "insufficient_scope";
    const bool malformed = e.code.starts_with("malformed_") || e.code.starts_with("incomplete_");
    if (malformed || e.code == "unsupported_media_type" || e.code == "unknown_parameter") return "invalid_request";
    return e.code;
}

}  // namespace

void app::add_oauth(http::response& problem, const http::request& req, const api_error& e) {
    problem.body.pop_back();
    member(problem.body, "error", oauth_code(req, e));
    member(problem.body, "error_description", e.what());
    problem.body += '}';
}

}  // namespace mita::auth

#include "finance/people/auth_client.hpp"

#include "core/error.hpp"
#include "core/json_reader.hpp"
#include "jwt/bearer.hpp"

#include <boost/json/parse.hpp>

#include <exception>
#include <string_view>
#include <utility>

namespace mita::finance {

namespace {

api_error auth_is_away() {
    api_error e(503, "unavailable", "The account service does not answer right now; try again.");
    e.with_header("Retry-After", "1");
    return e;
}

auth_user auth_user_from(std::string_view json) {
    const auto doc = boost::json::parse(json);
    auth_user a;
    a.email = std::string(doc.at("email").as_string());
    a.display_name = std::string(doc.at("display_name").as_string());
    return a;
}

}  // namespace

awaitable<auth_user> auth_client::find(uuid id, deadline d) {
    http::client_request r(http::verb::get, "/internal/v1/users/" + id.str());
    co_return co_await ask(std::move(r), d);
}

awaitable<auth_user> auth_client::rename(uuid id, std::string display_name, deadline d) {
    http::client_request r(http::verb::patch, "/internal/v1/users/" + id.str());
    r.idempotent = true;  // the same name again changes nothing
    r.headers = "Content-Type: application/json\r\n";
    r.body = "{\"display_name\":";
    append_json_string(r.body, display_name);
    r.body += '}';
    co_return co_await ask(std::move(r), d);
}

awaitable<auth_user> auth_client::ask(http::client_request r, deadline d) {
    r.headers += jwt::authorization_line(token_);
    http::client_response answer;
    bool away = false;
    try {
        answer = co_await auth_.send(std::move(r), d);
    } catch (const http::upstream_error&) {
        away = true;
    }
    if (away) throw auth_is_away();
    if (answer.status == 404) throw api_error(404, "not_found", "This account does not exist any more.");
    if (answer.status != 200) throw auth_is_away();
    try {
        co_return auth_user_from(answer.body);
    } catch (const std::exception&) {
        away = true;
    }
    throw auth_is_away();
}

}  // namespace mita::finance

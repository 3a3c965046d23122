#include "http/reload_door.hpp"

#include "core/error.hpp"
#include "core/json_reader.hpp"
#include "http/problem.hpp"

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace mita::http {

namespace {

constexpr std::string_view path = "/reload";

bool is_reload(const request& req) { return req.method == verb::post && req.path == path; }

std::string told(const settings_reload::outcome& done) {
    std::string out;
    const auto append = [&out](const char* member, const std::vector<std::string>& names) {
        out += out.empty() ? '{' : ',';
        append_json_string(out, member);
        out += ":[";
        for (const auto& n : names) {
            if (out.back() != '[') out += ',';
            append_json_string(out, n);
        }
        out += ']';
    };
    append("applied", done.applied);
    append("after_restart", done.after_restart);
    return out + '}';
}

}  // namespace

awaitable<service::admission> reload_door::admit(request& req, response& res) {
    if (!is_reload(req)) {
        admission of_the_other = co_await way_.admit(req, res);
        co_return of_the_other;
    }
    constexpr std::string_view scheme = "Bearer ";
    req.route = path;
    admission a;
    const auto shown = req.headers.value("Authorization");
    a.admitted = shown.starts_with(scheme) && token_ == shown.substr(scheme.size());
    if (!a.admitted) write_problem(res, req, api_error(401, "unauthorized", "The internal token is missing or wrong."));
    co_return a;
}

awaitable<void> reload_door::handle(request& req, response& res) {
    if (!is_reload(req)) {
        co_await way_.handle(req, res);
        co_return;
    }
    try {
        res = json(200, told(again_.now("asked to")));
    } catch (const std::exception& e) {
        write_problem(res, req, api_error(409, "not_reloaded", e.what()));
    }
}

}  // namespace mita::http

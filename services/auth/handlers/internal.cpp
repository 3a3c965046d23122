// The internal listener: the revocation feed, people for finance, introspection. Never routed by the gateway.
#include "auth/handlers/handlers.hpp"
#include "auth/handlers/introspection.hpp"
#include "auth/people/body.hpp"
#include "auth/people/user_json.hpp"
#include "core/error.hpp"
#include "core/json_reader.hpp"
#include "core/text.hpp"

#include <charconv>
#include <chrono>

namespace mita::auth {

namespace {

std::int64_t number_of(http::query_params& query, std::string_view name, std::int64_t fallback, std::int64_t max) {
    const auto text = query.take(name);
    if (!text) return fallback;
    std::int64_t v = 0;
    const auto end = text->data() + text->size();
    const auto [at, ec] = std::from_chars(text->data(), end, v);
    if (ec != std::errc() || at != end || v < 0 || v > max)
        throw api_error(400, "malformed_query",
                        "The parameter " + std::string(name) + " is not a number in its range.");
    return v;
}

const char* name_of(jwt::revocation_kind k) {
    switch (k) {
        case jwt::revocation_kind::session:
            return "session";
        case jwt::revocation_kind::user:
            return "user";
        case jwt::revocation_kind::token:
            return "token";
        case jwt::revocation_kind::key:
            return "key";
        case jwt::revocation_kind::person:
            return "person";
    }
    return "session";
}

uuid id_of(const http::request& req) {
    const auto id = uuid::parse(req.params[0]);
    if (!id) throw api_error(404, "not_found", "There is no such user.");
    return *id;
}

}  // namespace

awaitable<http::response> internal_revocations(http::request& req, app& a) {
    http::query_params query(req.query);
    const auto after = number_of(query, "after", 0, INT64_MAX);
    const auto wait = std::chrono::milliseconds(number_of(query, "wait_ms", 0, 25'000));
    query.finish();
    const auto page = co_await a.all.hub->wait_after(a.on.get_executor(), after, req.until.capped(wait));
    std::string out = "{\"revocations\":[";
    for (const auto& e : page.entries) {
        if (&e != &page.entries.front()) out += ',';
        out += "{\"sequence\":" + std::to_string(e.sequence) + ",\"kind\":\"" + name_of(e.kind) + "\",\"id\":";
        append_json_string(out, e.id);
        out +=
            ",\"not_before\":" + std::to_string(e.not_before) + ",\"expires_at\":" + std::to_string(e.expires_at) + "}";
    }
    out += "],\"sequence\":" + std::to_string(page.sequence) + (page.reset ? ",\"reset\":true}" : ",\"reset\":false}");
    co_return http::json(200, std::move(out));
}

awaitable<http::response> internal_user(http::request& req, app& a) {
    const auto found = co_await a.users.find(id_of(req), req.until);
    if (!found) throw api_error(404, "not_found", "There is no such user.");
    co_return http::json(200, internal_json(*found));
}

awaitable<http::response> internal_rename_user(http::request& req, app& a) {
    const auto id = id_of(req);
    json_document doc(req.body);
    auto in = doc.object();
    const auto name = in.string("display_name", 0, 100);
    if (text::has_hidden(name)) in.fail("display_name", "invalid_characters", hidden_characters);
    doc.finish();
    const bool done = co_await a.users.rename(id, name, req.until);
    if (!done) throw api_error(404, "not_found", "There is no such user.");
    co_return co_await internal_user(req, a);
}

// RFC 7662 2.2: a token that is not good is {"active":false}, whatever the reason.
awaitable<http::response> internal_introspect(http::request& req, app& a) {
    json_document doc(req.body);
    auto in = doc.object();
    const auto token = in.string("token", 1, 9000);
    doc.finish();
    const auto seen = a.all.tokens.check_now(token);
    if (seen.result != jwt::verdict::ok) co_return http::json(200, std::string(inactive));
    co_return http::json(200, introspection(*seen.value));
}

}  // namespace mita::auth

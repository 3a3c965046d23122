// The whole map of the outside, one row a call: where it goes and what it takes to get there. Made at build from the
// contract (proto-json/openapi.yaml by generate.py), so that a wrong path is 404 and a wrong method 405 + Allow before
// anybody is asked for a token, and metrics carry the path's template. Used by the pass.
#pragma once

#include "http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace mita::gateway {

struct app;

enum class target : std::uint8_t { auth, finance, own };
enum class limit : std::uint8_t { user, login, registration };  // which rate limit counts the call

struct gateway_route {
    http::verb method;
    std::string_view path;  // as in http/matcher.hpp
    target to;
    std::string_view name;       // the contract's, as audit events and C++ spell it: create_transaction
    bool audited = false;        // goes into the audit trail: what may change something, and all that admins do
    bool only_refusals = false;  // of those: it reads, as often as its callers like; who is refused is noted
    bool token = true;           // a valid access token is required here already
    limit by = limit::user;
    bool oauth = false;                 // a problem is one of OAuth's as well (RFC 6749 5.2)
    bool keyed = false;                 // the service keeps Idempotency-Keys: only then a write is ever repeated
    std::size_t body_limit = 64 << 10;  // bytes
    bool streamed = false;              // answered by a stream that goes on
    awaitable<http::response> (*own)(http::request&, app&) = nullptr;  // answers here, without token and limits
};

std::span<const gateway_route> routes();

}  // namespace mita::gateway

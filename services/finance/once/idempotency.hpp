// Idempotency-Key: which request a key stands for, and the first answer as it is kept and given again. A key is good
// for one person, method and path; its row commits with the effect (keyed_sql.hpp). Pure.
#pragma once

#include "core/ids.hpp"
#include "http/message.hpp"

#include <boost/json/value.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace mita::finance {

// What identifies one keyed request.
struct keyed_request {
    std::string scope;        // "POST /v1/transactions"
    std::string key;          // 1..255 visible ASCII characters
    std::string fingerprint;  // 32 bytes, of the body
};

// The Idempotency-Key header. Throws api_error 400: idempotency_key_invalid; idempotency_key_required when `required`.
std::optional<std::string> read_key(const http::request& req, bool required);

// SHA-256 of the canonical JSON text: members sorted by name, no spaces, integers exact. Spelling and order of a body
// do not matter; any value does, null and absent included.
std::string fingerprint_of(const boost::json::value& body);
std::string fingerprint_of_nothing();  // of a request without a body

keyed_request key_of(const http::request& req, std::string key, std::string fingerprint);

// As kept: headers are lines "Name: value\n".
struct kept_answer {
    std::string fingerprint;
    int status = 0;
    std::string headers, body;
};

std::string header_lines(const http::response& answer);
// The first answer, byte for byte, with Idempotency-Replayed: true. Throws api_error 422 idempotency_mismatch when the
// body was another.
http::response replay(const kept_answer& kept, const keyed_request& key);

bool is_replay(const http::response& answer);

// 409 idempotency_in_flight with Retry-After: a request with this key is being worked on.
[[noreturn]] void refuse_in_flight();

}  // namespace mita::finance

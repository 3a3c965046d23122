// The one exception a client may see: a handler throws api_error and http::server writes it as problem+json (RFC 9457).
// Everything else that flies is the server's fault and becomes 500, 503 or 504 without its text.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace mita {

// One finding in a request body or query. pointer: RFC 6901, "" is the whole document.
struct field_error {
    std::string pointer;
    std::string code;
    std::string detail;
};

// status: HTTP status; code: stable, lower_snake; detail: one sentence for a person, no internals.
class api_error : public std::runtime_error {
public:
    api_error(unsigned status_, std::string code_, const std::string& detail)
        : std::runtime_error(detail), status(status_), code(std::move(code_)) {}
    api_error(unsigned status_, std::string code_, const std::string& detail, std::vector<field_error> errors_)
        : std::runtime_error(detail), status(status_), code(std::move(code_)), errors(std::move(errors_)) {}

    // Adds a response header ("Retry-After", "ETag", "WWW-Authenticate", ...).
    api_error& with_header(std::string name, std::string value) {
        headers.emplace_back(std::move(name), std::move(value));
        return *this;
    }

    unsigned status;
    std::string code;
    std::vector<field_error> errors;
    std::vector<std::pair<std::string, std::string>> headers;
};

// 503 with Retry-After: a bounded queue is full or the predicted wait does not fit the deadline.
struct overloaded : std::runtime_error {
    explicit overloaded(const char* what, unsigned retry_after_seconds = 1)
        : std::runtime_error(what), retry_after(retry_after_seconds) {}
    unsigned retry_after;
};

}  // namespace mita

// The one error format (RFC 9457 application/problem+json) of every service and of the gateway:
// type, title, status, detail, instance, code, request_id, errors[{pointer, code, detail}]. Never driver text, stack or
// secrets.
#pragma once

#include "core/error.hpp"
#include "http/message.hpp"

#include <exception>
#include <optional>
#include <string>
#include <string_view>

namespace mita::http {

// Reason phrase of a status (RFC 9110), "Unknown" otherwise.
std::string_view reason(unsigned status);

// Replaces what `out` held. Adds WWW-Authenticate: Bearer to a 401 and Retry-After: 1 to a 429 or 503 that bring none
// of their own.
void write_problem(response& out, const request& req, const api_error& error);

// How http learns of db errors without depending on db: services register one mapper (returns an api_error to send, or
// nullopt).
using exception_mapper = std::optional<api_error> (*)(const std::exception&);

// Maps any exception: api_error -> its status; deadline_exceeded -> 504; overloaded -> 503 + Retry-After; what `mapper`
// knows; anything else -> 500. Returns the status. `detail_for_log` receives what a log may hold (what()), empty for
// client faults.
unsigned write_exception(response& out, const request& req, std::exception_ptr error, std::string& detail_for_log,
                         exception_mapper mapper = nullptr);

}  // namespace mita::http

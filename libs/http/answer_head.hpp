// The head of an answer as bytes (R9, R10, R19): status line, Date, ids, security headers, the handler's own, framing.
// Sans-IO; what message_writer's answers have for Fields.
#pragma once

#include "http/message.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mita::http {

// What a gateway calls a request that others follow at once (http/client_flight.hpp), in the head's last line; the
// answer repeats it.
inline constexpr std::string_view answer_name_header = "X-Answer-Name";

struct answer_framing {
    std::optional<std::uint64_t> length;
    bool chunked = false, keep_alive = true;
};

struct answer_facts {
    std::string_view date_line;  // "Date: ...\r\n"
    int minor_version = 1;
    answer_framing framing;
    bool relayed = false;   // to a gateway that says Date, ids and security headers to the client itself
    std::string_view name;  // of the request, when it asks that its answer says it
};

// May an answer with this status have a body (RFC 9110 6.4.1)?
bool may_have_body(unsigned status);

// Appends the whole head to `out`. The framing is never taken from the handler's headers. Each security header is given
// once: the handler's value wins. Control characters in handlers' values become spaces, so that none can end a line.
void write_head(std::string& out, const response& res, const request& req, const answer_facts& facts);

// Sets `out` to the Date line (RFC 9110 5.6.7) of t.
void write_date_line(std::string& out, std::chrono::sys_seconds t);

}  // namespace mita::http

// The head of an answer as bytes (R9, R10, R19): status line, Date, ids, security headers, the handler's own, framing.
// Sans-IO; used by the server's sessions.
#pragma once

#include "http/message.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace mita::http {

struct answer_facts {
    std::string_view date_line;  // "Date: ...\r\n"
    int minor_version = 1;
    bool keep_alive = true;
};

// May an answer with this status have a body (RFC 9110 6.4.1)?
bool may_have_body(unsigned status);

// Appends the whole head to `out`. The framing is made here, never taken from the handler: Content-Length of body, or
// chunked for a stream (HTTP/1.0: until close). Each security header is given once: the handler's value wins. Control
// characters in handlers' values become spaces, so that none can end a line.
void write_head(std::string& out, const response& res, const request& req, const answer_facts& facts);

// Sets `out` to the Date line (RFC 9110 5.6.7) of t.
void write_date_line(std::string& out, std::chrono::sys_seconds t);

}  // namespace mita::http

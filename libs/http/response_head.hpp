// The strict reader of response heads (R10, R16), sibling of head_guard: sans-IO, fuzzed, no allocation. Used by
// http::client, and so by the gateway for each upstream answer.
#pragma once

#include "http/head_guard.hpp"
#include "http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mita::http {

enum class body_kind : std::uint8_t { none, length, chunked, until_close };

struct response_head {
    unsigned status = 0;
    int minor_version = 1;
    body_kind kind = body_kind::none;
    std::uint64_t content_length = 0;  // with kind length
    bool keep_alive = false;           // the connection may carry another exchange when the body ends cleanly
    std::size_t size = 0;              // bytes of the head, skipped 1xx answers included
};

// Reads the head of the final answer to a request with `method` from all bytes received so far; interim answers (1xx
// but 101) are skipped, at most 8. `bytes` may be cut anywhere; on more, call again with more. Bounds: 16 KiB, 100
// headers. `fault` is a literal.
head_state read_response_head(std::string_view bytes, verb method, response_head& out, header_list& headers,
                              const char*& fault);

}  // namespace mita::http

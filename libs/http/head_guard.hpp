// The strict reader of HTTP/1.1 heads and chunks (RFC 9112, rules R1-R7, R13-R15 of SECURITY.md): sans-IO, fuzzed, no allocation.
// It closes what Boost 1.81's parser leaves open. One grammar for the gateway and each service.
#pragma once

#include "http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mita::http {

struct head_limits {
    head_limits() = default;
    std::size_t target = 8000;       // 414
    std::size_t head = 16 << 10;     // 431
};

struct head_error {
    unsigned status = 0;        // 0: no error; 400, 405 (only for CONNECT), 414, 417, 431, 501, 505
    std::string_view rule;      // "R4", for mita_gateway_malformed_total{rule}
    std::string_view code;      // malformed_request, uri_too_long, headers_too_large, ...
    std::string_view detail;
};

enum class head_state { more, done, bad };

// Looks at the bytes received so far (from the start of a message). `scanned` remembers how far it looked, so that a request cut
// at every byte is scanned once. On done, `head_size` bytes belong to the head and `req` is filled (method, target, path, query,
// headers, framing); path may live in `path_buffer` when normalisation changed it.
struct head_reader {
    std::size_t scanned = 0;
    head_state read(std::string_view bytes, const head_limits& limits, request& req, std::string& path_buffer,
                    std::size_t& head_size, bool& keep_alive, bool& expect_continue, head_error& error);
};

// Chunked bodies (R6): feed() consumes from `in` and appends data to `out` (bounded by the caller's limit). Extensions bounded and
// ignored, trailers bounded and discarded.
class chunk_decoder {
public:
    enum class state { more, done, bad, too_large };
    // Returns the state and how many bytes of `in` were consumed.
    state feed(std::string_view in, std::size_t& consumed, std::string& out, std::size_t limit);

private:
    enum class at : std::uint8_t { size, extension, size_lf, data, data_cr, data_lf, trailer, end_lf };
    at at_ = at::size;
    std::uint64_t left_ = 0;
    unsigned digits_ = 0;
    std::size_t overhead_ = 0;
    bool line_empty_ = true;
};

}  // namespace mita::http

// The strict reader of HTTP/1.1 request heads and of chunked bodies (RFC 9112, rules R1-R7, R13-R15 of SECURITY.md):
// sans-IO, fuzzed, no allocation. It closes what Boost 1.81's parser leaves open. One grammar for the gateway and each
// service; answers of upstreams are read by its sibling http/response_head.hpp.
#pragma once

#include "http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mita::http {

struct head_limits {
    head_limits() = default;
    std::size_t target = 8000;    // 414
    std::size_t head = 16 << 10;  // 431
};

struct head_error {
    unsigned status = 0;    // 0: no error; 400, 405 (only for CONNECT), 414, 417, 431, 501, 505
    std::string_view rule;  // "R4", for mita_gateway_malformed_total{rule}
    std::string_view code;  // malformed_request, uri_too_long, headers_too_large, ...
    std::string_view detail;
};

enum class head_state { more, done, bad };

// Reads one head, line by line as bytes arrive, so that a request cut at any byte gives the same answer, errors
// included. On done, `head_size` bytes belong to the head and `req` is filled (method, target, path, query, headers,
// framing, minor_version); path may live in `path_buffer` when normalisation changed it. On bad the framing is lost:
// answer and close (R7).
class head_reader {
public:
    // `bytes` starts at the first byte of the message each time and holds all of it so far. It may move between calls
    // (the head is then read again from its start). Before the next message: reset().
    head_state read(std::string_view bytes, const head_limits& limits, request& req, std::string& path_buffer,
                    std::size_t& head_size, bool& keep_alive, bool& expect_continue, head_error& error);
    void reset() { *this = head_reader(); }

private:
    enum seen : std::uint16_t {
        seen_host = 1,
        seen_length = 2,
        seen_transfer = 4,
        seen_type = 8,
        seen_authorization = 16,
        seen_origin = 32,
        seen_key = 64,
        say_close = 128,
        say_keep = 256,
        expect_100 = 512,
        expect_other = 1024,
        coding_unknown = 2048,
        coding_bad = 4096,
    };
    bool once(seen bit) {
        const bool first = (seen_ & bit) == 0;
        seen_ = static_cast<std::uint16_t>(seen_ | bit);
        return first;
    }
    void mark(seen bit) { seen_ = static_cast<std::uint16_t>(seen_ | bit); }
    bool has(seen bit) const { return (seen_ & bit) != 0; }
    head_error partial(std::string_view line, std::size_t size, const head_limits& limits) const;
    head_error request_line(std::string_view line, const head_limits& limits, request& req, std::string& path_buffer);
    head_error field(std::string_view line, request& req);
    head_error finish(request& req);

    const char* base_ = nullptr;
    std::size_t line_ = 0;     // start of the line being read
    std::size_t scanned_ = 0;  // no line feed before this
    std::size_t start_ = 0;    // of the request line, after leading empty lines
    std::string_view authority_;
    std::uint16_t seen_ = 0;
    std::uint8_t empty_lines_ = 0;
    bool in_fields_ = false;
};

// Chunked bodies (R6): feed() consumes from `in` and appends data to `out`. Extensions and trailers are checked,
// bounded together to 8 KiB a message, and discarded.
class chunk_decoder {
public:
    enum class state { more, done, bad, too_large };
    // Returns the state and how many bytes of `in` were consumed. `limit` bounds the data of the whole message:
    // too_large is said at the chunk size that breaks it, before its bytes come.
    state feed(std::string_view in, std::size_t& consumed, std::string& out, std::uint64_t limit);
    std::uint64_t total() const { return total_; }  // data bytes announced so far

private:
    enum class at : std::uint8_t {
        size,
        extension,
        extension_name,
        extension_value_start,
        extension_value,
        extension_quoted,
        extension_escape,
        extension_end,
        size_lf,
        data,
        data_cr,
        data_lf,
        trailer_start,
        trailer_name,
        trailer_value,
        trailer_lf,
        end_lf,
        done
    };
    bool step(char c, std::uint64_t limit, bool& too_large);
    at at_ = at::size;
    std::uint64_t left_ = 0, total_ = 0;
    unsigned digits_ = 0;
    std::size_t overhead_ = 0;
};

}  // namespace mita::http

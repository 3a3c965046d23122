// What stands in front of Beast's parser for request heads (RFC 9112, rules R1-R5, R11, R13, R15 of tests/RULES.md):
// sans-IO, fuzzed. It sees the raw bytes first, builds nothing and only says no, to what Boost 1.81 lets through. What
// has passed is read by http/request_reader.hpp; its siblings are http/answer_guard.hpp and http/chunk_guard.hpp.
#pragma once

#include "http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mita::http {

struct head_limits {
    head_limits() = default;
    std::size_t target = 8000;    // 414
    std::size_t head = 16 << 10;  // 431
    std::size_t headers = 100;    // 431
    // What a head may have beyond these two when it names the time left: a trusted gateway has added its own lines to a
    // head that it found within them.
    std::size_t more_head = 0, more_headers = 0;
};

// Behind a gateway: what it may have added.
inline head_limits with_gateway_lines(head_limits l) {
    l.more_head = 512;
    l.more_headers = header_list::max - l.headers;
    return l;
}

struct head_error {
    unsigned status = 0;    // 0: no error; 400, 405 (only for CONNECT), 414, 417, 431, 501, 505
    std::string_view rule;  // "R4", for mita_gateway_malformed_total{rule}
    std::string_view code;  // malformed_request, uri_too_long, headers_too_large, ...
    std::string_view detail;
};

enum class head_state { more, done, bad };

// Looks at one head, line by line as bytes arrive, so that a head cut at any byte gives the same answer. It keeps
// places, not pointers: the bytes may move between calls.
class head_guard {
public:
    // `bytes` starts at the first byte of the message each time and holds all of it so far. On bad the framing is lost:
    // answer and close (R7). Before the next message: reset().
    head_state check(std::string_view bytes, const head_limits& limits, head_error& error);
    void reset() { *this = head_guard(); }

    std::size_t start() const { return start_; }  // of the request line, after leading empty lines
    std::size_t size() const { return line_; }    // on done: of the head, those lines included
    std::size_t good() const { return good_; }    // on bad: the lines before the fault end here
    // On done:
    bool has_body() const { return has(seen_transfer) || has(seen_content); }
    bool wants_close() const { return has(say_close); }
    bool expects_continue() const { return minor_version_ == 1 && has(expect_100); }  // RFC 9110 10.1.1

private:
    enum seen : std::uint16_t {
        seen_host = 1,
        seen_length = 2,
        seen_transfer = 4,
        seen_type = 8,
        seen_authorization = 16,
        seen_origin = 32,
        seen_key = 64,
        seen_time_left = 128,
        seen_content = 256,
        say_close = 512,
        expect_100 = 1024,
        expect_other = 2048,
        coding_unknown = 4096,
        coding_bad = 8192,
    };
    bool once(seen bit) {
        const bool first = !has(bit);
        mark(bit);
        return first;
    }
    void mark(seen bit) { seen_ = static_cast<std::uint16_t>(seen_ | bit); }
    bool has(seen bit) const { return (seen_ & bit) != 0; }
    head_error partial(std::string_view line, std::size_t size, const head_limits& limits) const;
    head_error request_line(std::string_view line, const head_limits& limits);
    head_error field(std::string_view line, const head_limits& limits);
    head_error known_field(std::string_view name, std::string_view value);
    head_error finish(const head_limits& limits) const;

    std::size_t line_ = 0;     // start of the line being read
    std::size_t scanned_ = 0;  // no line feed before this
    std::size_t start_ = 0, good_ = 0;
    std::size_t fields_ = 0;
    std::uint16_t seen_ = 0;
    std::uint8_t empty_lines_ = 0;
    char minor_version_ = 1;
    bool in_fields_ = false;
};

}  // namespace mita::http

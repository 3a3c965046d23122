// What stands in front of Beast's parser for answers of upstreams (R10, R16), sibling of http/head_guard.hpp: sans-IO,
// fuzzed. It builds nothing and only says no, to what Boost 1.81 lets through. Used by http/answer_reader.hpp.
#pragma once

#include "http/head_guard.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mita::http {

class answer_guard {
public:
    // Looks at the head from start(), line by line as bytes arrive; `bytes` holds all of the answer so far and may move
    // between calls. Bounds: 16 KiB for all heads of an answer, 100 headers each. `fault` is a literal.
    head_state check(std::string_view bytes, const char*& fault);
    // After an interim answer: the next head begins behind it. False: too many.
    bool next_head();
    void reset() { *this = answer_guard(); }

    std::size_t start() const { return start_; }
    std::size_t size() const { return line_; }  // on done: where the head ends
    // On done:
    bool wants_close() const { return close_; }
    bool announces_body() const { return transfer_ || content_; }

private:
    const char* status_line(std::string_view line);
    const char* field(std::string_view line);

    std::size_t line_ = 0;     // start of the line being read
    std::size_t scanned_ = 0;  // no line feed before this
    std::size_t start_ = 0;
    unsigned fields_ = 0;
    std::uint8_t interim_ = 0;
    char minor_version_ = 1;
    bool in_fields_ = false, length_ = false, transfer_ = false, content_ = false, close_ = false;
};

}  // namespace mita::http

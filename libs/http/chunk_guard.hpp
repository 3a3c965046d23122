// What stands in front of Beast's parser for chunked bodies (R6), both ways: sans-IO, fuzzed. It sees each raw byte of
// the framing first, decodes nothing and only says no, to what Boost 1.81 lets through: CRLF exact, at most 16 hex
// digits, extensions and trailers bounded together to 8 KiB a message. Used by http/chunk_reader.hpp.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mita::http {

class chunk_guard {
public:
    // What a byte that is not data means. line: it ends a size line, whose data follows; last_line: it ends that of the
    // last chunk, trailers follow.
    enum class verdict : std::uint8_t { good, line, last_line, done, bad };
    verdict take(char c);
    bool in_trailers() const { return at_ >= at::trailer_start; }

private:
    enum class at : std::uint8_t {
        size,
        extension,
        size_lf,
        data_cr,
        data_lf,
        trailer_start,
        trailer_name,
        trailer_value,
        trailer_lf,
        end_lf,
        done
    };
    bool step(char c);
    bool step_trailer(char c);

    std::size_t overhead_ = 0;
    std::uint8_t digits_ = 0;
    at at_ = at::size;
    bool zero_ = true;  // all digits of this size
};

}  // namespace mita::http

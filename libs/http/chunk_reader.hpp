// Chunked bodies, both ways: what the chunk guard lets through is decoded by Beast's parser, cut anywhere. Beast sees
// whole size lines and data; trailers it never sees, as it would merge them into the headers. Internal to libs/http.
#pragma once

#include "http/chunk_guard.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace mita::http {

enum class chunk_state : std::uint8_t { more, done, bad, too_large };

class chunk_reader {
public:
    void reset() {
        guard_ = chunk_guard();
        left_ = 0;
        line_.clear();
    }
    // Consumes from `in`. Parser: give(bytes) puts them into a basic_parser whose head is done and whose body_limit is
    // set, and appends data where it was told to; announced() is the size it read last. too_large is said at the size
    // that breaks the limit, before its bytes come.
    template <class Parser>
    chunk_state feed(Parser& parser, std::string_view in, std::size_t& consumed) {
        using verdict = chunk_guard::verdict;
        std::size_t i = 0;
        chunk_state state = chunk_state::more;
        while (i < in.size() && state == chunk_state::more) {
            if (left_ > 0) {
                const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(left_, in.size() - i));
                state = parser.give(in.substr(i, n));
                left_ -= n;
                i += n;
                continue;
            }
            const char c = in[i++];
            if (!guard_.in_trailers()) line_.push_back(c);
            const verdict v = guard_.take(c);
            if (v == verdict::line || v == verdict::last_line) {
                if (v == verdict::last_line) line_.append("\r\n");  // instead of the trailers
                state = parser.give(line_);
                left_ = parser.announced();
                line_.clear();
            }
            if (v == verdict::bad) state = chunk_state::bad;
            if (v == verdict::done) state = chunk_state::done;
        }
        consumed = i;
        return state;
    }

private:
    chunk_guard guard_;
    std::uint64_t left_ = 0;  // of this chunk's data
    std::string line_;        // a size line as far as it came, and the line end before it
};

}  // namespace mita::http

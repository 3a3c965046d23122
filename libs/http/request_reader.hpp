// Requests out of bytes: the head guard first, then Beast's parser, which fills our request with views into the bytes
// and decodes chunked bodies. Sans-IO, fuzzed, no allocation once warm. Used by the server's sessions.
#pragma once

#include "http/chunk_reader.hpp"
#include "http/head_guard.hpp"
#include "http/message.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace mita::http {

class request_reader {
public:
    request_reader();
    ~request_reader();
    void reset();  // before the next message

    // First, as bytes arrive: the guard.
    head_state check(std::string_view bytes, const head_limits& limits, head_error& error) {
        return guard_.check(bytes, limits, error);
    }
    // Then, when it said done, with the same bytes, wherever they lie now: fills `req` (method, target, path, query,
    // headers, framing, minor_version); path may live in `path_buffer` when normalisation changed it. False: refused.
    bool build(std::string_view bytes, request& req, std::string& path_buffer, head_error& error);

    // For a head that was refused or never ended: `req` gets what can be read of the lines before, as the answer may
    // depend on whom it goes to. No framing.
    void glimpse(std::string_view bytes, request& req, std::string& path_buffer);

    bool has_body() const { return guard_.has_body(); }  // after check()
    std::size_t head_size() const { return guard_.size(); }
    bool keep_alive() const { return keep_alive_; }  // after build()
    bool expects_continue() const { return guard_.expects_continue(); }

    // A chunked body (R6), after build(): consumes from `in` and appends data to `out`. `limit` bounds the data of the
    // whole message and is the same each time.
    chunk_state feed(std::string_view in, std::size_t& consumed, std::string& out, std::uint64_t limit);

private:
    struct parser;
    std::unique_ptr<parser> parser_;
    head_guard guard_;
    chunk_reader chunks_;
    bool keep_alive_ = false, in_body_ = false;
};

}  // namespace mita::http

// An answer out of the bytes of an upstream (R10, R16): the answer guard first, then Beast's parser for head, length,
// chunks and end. Sans-IO: it owns the buffer that the bytes are read into; the answer gets its own. Fuzzed; no
// allocation once warm. Of an answer that comes in pieces it ends with the head; then each piece is decoded as it
// comes. Used by client_connection.
#pragma once

#include "http/answer_guard.hpp"
#include "http/chunk_reader.hpp"
#include "http/client.hpp"
#include "http/connection_buffer.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mita::http {

class answer_reader {
public:
    // more: bytes; done: the answer is in `out`; bad: malformed; too_large: its body is over the bound.
    // opened: the head is in `out`, pieces follow.
    enum class state : std::uint8_t { more, done, bad, too_large, opened };

    explicit answer_reader(std::size_t max_body);
    ~answer_reader();

    // The answer to a request with `method` follows. What room() gave before stays valid. `out` is filled while bytes
    // come, and good when done was said.
    void begin(verb method, client_response& out);
    // Likewise, of a GET; a 200 in chunks is opened, not read.
    void begin_streamed(client_response& out);
    // After done, when more was asked on the same connection: the next answer follows, of which bytes may be held().
    void follow(verb method, client_response& out);
    bool held() const { return behind_ > 0; }  // bytes behind the last answer; took(0) looks at them
    // Where the next bytes may be put; empty: the answer is too large.
    std::span<char> room();
    state took(std::size_t n);  // n bytes were put there
    state ended();              // the connection ended: done when that ends the answer, else more
    // After opened: data out of what came behind the head, and out of what came since, is appended to `to`. done: it
    // was the last. Bytes behind that are nobody's.
    state first_piece(std::string& to);
    state piece(std::string_view fresh, std::string& to);
    // After done: the answer does not end the connection, and (reusable) nothing came behind it.
    bool keeps_alive() const { return keep_alive_; }
    bool reusable() const { return keep_alive_ && behind_ == 0; }

private:
    struct parser;
    state read_head();
    state read_body(std::string_view fresh, bool kept);
    state deliver();
    state open();
    void expect(verb method, client_response& out);
    std::span<char> space(std::size_t n);

    const std::size_t max_body_;
    std::unique_ptr<parser> parser_;
    answer_guard guard_;
    chunk_reader chunks_;
    client_response* out_ = nullptr;
    connection_buffer in_;    // of a chunked answer no more than its head, with what came with it, is kept here
    char* room_ = nullptr;    // what room() gave
    std::size_t behind_ = 0;  // bytes that are held and not the answer's
    verb method_ = verb::get;
    bool head_done_ = false, chunked_ = false, keep_alive_ = false, streamed_ = false;
};

}  // namespace mita::http

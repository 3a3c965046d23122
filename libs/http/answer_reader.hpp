// An answer out of the bytes of an upstream (R10, R16): the answer guard first, then Beast's parser for head, length,
// chunks and end. Sans-IO: it owns the buffer that the bytes are read into, and hands it over with the answer. Fuzzed;
// no allocation once warm. Used by client_connection.
#pragma once

#include "http/answer_guard.hpp"
#include "http/chunk_reader.hpp"
#include "http/client.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mita::http {

class answer_reader {
public:
    // more: bytes; done: the answer is in `out`; bad: malformed; too_large: its body is over the bound.
    enum class state : std::uint8_t { more, done, bad, too_large };

    explicit answer_reader(std::size_t max_body);
    ~answer_reader();

    // The answer to a request with `method` follows. What room() gave before stays valid. `out` is filled while bytes
    // come, and good when done was said.
    void begin(verb method, client_response& out);
    // Where the next bytes may be put; empty: the answer is too large.
    std::span<char> room();
    state took(std::size_t n);  // n bytes were put there
    state ended();              // the connection ended: done when that ends the answer, else more
    // After done: nothing came behind the answer, and it does not end the connection.
    bool reusable() const { return reusable_; }

private:
    struct parser;
    state read_head();
    state read_body(std::size_t fresh);
    state deliver(std::size_t body);
    void grow(std::size_t size);
    std::string_view held() const { return {in_.data(), have_}; }

    const std::size_t max_body_;
    std::unique_ptr<parser> parser_;
    answer_guard guard_;
    chunk_reader chunks_;
    client_response* out_ = nullptr;
    std::string in_;       // its size is what may be filled; have_ of it is
    std::string decoded_;  // head and decoded chunks
    std::size_t have_ = 0;
    verb method_ = verb::get;
    bool head_done_ = false, chunked_ = false, keep_alive_ = false, reusable_ = false;
};

}  // namespace mita::http

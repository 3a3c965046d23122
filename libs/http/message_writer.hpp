// What is sent, as buffers for one gathered write at a time: Beast's serializer over messages whose heads are
// ready-made bytes, chunks by its chunked encoding. Sans-IO, no allocation once warm. A small answer is one buffer.
// Used by sessions (answers) and client_connection (requests); Beast stays behind it.
#pragma once

#include "http/answer_head.hpp"
#include "http/message.hpp"

#include <boost/asio/buffer.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace mita::http {

using buffer_span = std::span<const boost::asio::const_buffer>;

class answer_writer {
public:
    answer_writer();
    ~answer_writer();
    // The answer `res` to `req`, both of which stay as they are until it is sent. With a stream its pieces follow.
    void begin(const response& res, const request& req, const answer_facts& facts);
    void piece(std::string_view data);  // the next of the stream, valid until left() is empty; empty: its end
    // What is to be written next; empty: all of it was, but for pieces still to come.
    buffer_span left();
    void sent(std::size_t n);  // of left()

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

class request_writer {
public:
    request_writer();
    ~request_writer();
    // `head` has the request line, headers and final CRLF already, and the framing of `body`. Both stay valid.
    void begin(std::string_view head, std::string_view body);
    buffer_span left();        // as above
    void sent(std::size_t n);  // of left()

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace mita::http

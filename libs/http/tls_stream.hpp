// The TLS side of a server's connection: what a session reads and writes through, where its server has an identity.
// The socket, which does not block, is read as that of a plain connection is, into the place the plain text is wanted
// at, and OpenSSL is given what came; it gives its buffers back between records. One operation at a time, on the
// connection's worker; cancelling the socket ends it.
#pragma once

#include "core/async.hpp"
#include "http/message_writer.hpp"
#include "http/tls_identity.hpp"

#include <cstddef>
#include <memory>
#include <span>

namespace mita::http {

class tls_stream {
public:
    // The socket must outlive it.
    tls_stream(tcp_socket& under, const tls_identity& who);
    ~tls_stream();

    awaitable<void> handshake(error_code& ec);
    awaitable<void> read_some(char* to, std::size_t room, std::size_t& got, error_code& ec);  // waits for some
    // Without waiting: would_block when nothing is here, or nothing goes out. Then the same data is to be written
    // again, once the socket takes some.
    std::size_t read_now(char* to, std::size_t room, error_code& ec);
    std::size_t write_now(buffer_span data, error_code& ec);  // not empty
    // Tells the client that nothing follows, and waits for it to say the same.
    awaitable<void> shutdown(error_code& ec);

private:
    struct impl;
    template <class Step>
    awaitable<void> waiting(Step step, bool at_once, std::span<char> plain, error_code& ec);
    std::unique_ptr<impl> impl_;
};

}  // namespace mita::http

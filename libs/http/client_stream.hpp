// Answers that come in pieces for as long as their upstream likes (events): each on a connection of its own, at most
// so many at once, which hold no buffer while nothing comes (R25). One stream_client per upstream and worker; used by
// the gateway.
#pragma once

#include "http/client.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace mita::http {

class client_connection;
struct client_core;

// One such answer, from its head on.
class client_stream {
public:
    ~client_stream();  // ends the connection
    client_stream(const client_stream&) = delete;
    client_stream& operator=(const client_stream&) = delete;

    // What came, as it came, valid until the next call; empty: the answer's end. Throws upstream_error when it breaks
    // off, deadline_exceeded when nothing comes.
    awaitable<std::string_view> next(deadline d);
    void half_close();  // as client::half_close
    void close();       // a waiting next() ends as when the upstream breaks off

private:
    friend class stream_client;
    client_stream(std::shared_ptr<client_core> core, std::shared_ptr<client_connection> c);

    std::shared_ptr<client_core> core_;
    std::shared_ptr<client_connection> connection_;
    std::string text_;
};

class stream_client {
public:
    // o.max_connections: of streams at once; beyond: overloaded.
    stream_client(executor ex, client_options o, metrics::registry& metrics);
    ~stream_client();
    stream_client(const stream_client&) = delete;
    stream_client& operator=(const stream_client&) = delete;

    // Asks (`head` as for client::exchange, of a GET) and reads up to the answer's head into `out`. Null: `out` has a
    // whole answer, as it is no 200 in chunks. Same errors as client::exchange; nothing is asked twice.
    awaitable<std::unique_ptr<client_stream>> open(std::string_view head, client_response& out, deadline d);
    client::stats snapshot() const;  // any thread
    awaitable<void> close(deadline d);

private:
    std::shared_ptr<client_core> core_;
};

}  // namespace mita::http

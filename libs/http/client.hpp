// A keep-alive client pool per upstream, one per worker: connections reused LIFO, bounded, waiters FIFO with deadlines.
// Retries once when a reused connection closed before any response byte and the request is idempotent (or carries an
// idempotency key). Answers are read as strictly as requests (R16); bytes after a complete answer close the connection.
// Throws upstream_error, deadline_exceeded, overloaded. The remaining deadline travels as X-Request-Deadline-Ms.
#pragma once

#include "core/async.hpp"
#include "core/deadline.hpp"
#include "core/metrics.hpp"
#include "http/message.hpp"

#include <chrono>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace mita::http {

// The upstream could not be reached, answered garbage, or closed half-way. before_bytes: nothing of an answer had come.
struct upstream_error : std::runtime_error {
    upstream_error(const char* what, bool before) : std::runtime_error(what), before_bytes(before) {}
    bool before_bytes;
};

struct client_options {
    client_options() = default;
    std::string name;                // label: "auth", "finance"
    std::string host = "127.0.0.1";  // resolved at start and again on connect failure
    std::uint16_t port = 0;
    unsigned max_connections = 64;
    std::size_t max_waiting = 512;
    std::chrono::milliseconds connect_timeout{1'000};
    std::chrono::milliseconds idle_timeout{60'000};  // under the upstream's own
    std::size_t max_response = 8 << 20;
};

struct client_request {
    client_request(verb m, std::string t) : method(m), target(std::move(t)) {}
    verb method;
    std::string target;
    std::string headers;  // ready-made lines, each ending in CRLF, without Host, framing and deadline
    std::string body;
    bool idempotent = false;  // GET, HEAD, PUT, DELETE are anyway
};

// An answer; views point into its own buffer. Reusable: clear() keeps capacity.
struct client_response {
    unsigned status = 0;
    header_list headers;
    std::string_view body;
    std::string buffer;  // head and decoded body
    void clear();
};

struct client_core;

// Who sends a request somewhere and brings the answer: a client, or who chooses among several.
class sender {
public:
    virtual ~sender() = default;
    virtual awaitable<client_response> send(client_request r, deadline d) = 0;
};

class client final : public sender {
public:
    client(executor ex, client_options o, metrics::registry& metrics);
    ~client() override;
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    awaitable<client_response> send(client_request r, deadline d) override;
    // The gateway's hot path: `head` and `body` are written by one gathered write, the answer read into `out` (reused).
    // The head has the request line, headers and the final CRLF already; the caller guarantees framing. Same errors and
    // retry rule as send.
    awaitable<void> exchange(std::string_view head, std::string_view body, verb method, bool idempotent,
                             client_response& out, deadline d);

    // Nobody may want the answer that a running exchange() reads into `out` any more: ends our half of its connection,
    // so that the upstream can see it and drop what it has not begun (L7). It may still answer. Does nothing while the
    // exchange waits for a connection or still writes.
    void half_close(const client_response& out);

    struct stats {
        std::size_t idle = 0, busy = 0, waiting = 0;
        bool last_connect_ok = false;
    };
    stats snapshot() const;  // any thread
    awaitable<void> close(deadline d);

private:
    friend class client_flight;
    std::shared_ptr<client_core> core_;
};

}  // namespace mita::http

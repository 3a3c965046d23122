// Requests that somebody sent behind one another, safe and without bodies, on their way to one upstream together: one
// write on one connection, the answers read one at a time when they are asked for; those still to come wait unread
// (backpressure). Each answer names its request, so that an upstream that says one too many gives nobody another's
// answer (R16); one that does not name them is asked one by one. Used by the gateway, on its client's worker.
#pragma once

#include "http/client.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mita::http {

class client_connection;
struct client_core;

class client_flight {
public:
    explicit client_flight(client& to);
    ~client_flight();  // ends the connection when answers are still to come
    client_flight(const client_flight&) = delete;
    client_flight& operator=(const client_flight&) = delete;

    // Before the first next(). `head` as for client::exchange; `name`: of this request alone, nobody can guess it.
    void add(std::string_view head, std::string_view name);
    // The answer to the first request that has none yet. Same errors as client::exchange, each of this request alone.
    // What closed before a byte of it came is asked for again once, on a new connection, with what stands behind it.
    awaitable<void> next(client_response& out, deadline d);
    // After next() threw upstream_error: that request is asked for again, there, with what stands behind it.
    void again_at(client& other);
    // Nobody may want the answers any more; as client::half_close.
    void half_close();
    // How long what was read into `out`, or was to be, waited for a connection since it was last asked: of a flight, or
    // of client::exchange. Whoever calls that one asks each time.
    std::chrono::microseconds take_wait(const client_response& out) const;
    static std::chrono::microseconds take_wait(const client& of, const client_response& out);

private:
    struct part {
        std::size_t end, name;  // of its head in heads_, before that the size of its name
    };
    std::string_view name_of(const part& p) const;
    bool named(const client_response& out, std::string_view name, bool first);
    void let_go();

    std::shared_ptr<client_core> core_;
    std::shared_ptr<client_connection> connection_;
    std::string heads_;
    std::vector<part> parts_;
    std::size_t at_ = 0;  // the next to be answered
};

}  // namespace mita::http

// The HTTP/1.1 server: accept, head guard, one session coroutine per connection, limits, timeouts, answers in order,
// drain. One acceptor on worker 0 deals connections round-robin to every worker's server (SO_REUSEPORT is lumpy). Two
// system calls an exchange: one read, one gathered write. Each answer carries X-Request-Id and the security headers
// (R19).
#pragma once

#include "core/async.hpp"
#include "core/latency_window.hpp"
#include "core/log.hpp"
#include "core/metrics.hpp"
#include "core/runtime.hpp"
#include "http/head_guard.hpp"
#include "http/message.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mita::http {

struct server_options {
    server_options() = default;
    std::string name;  // service label: "auth", "finance", "gateway"
    head_limits head;
    bool behind_gateway = false;  // a trusted peer's head may be longer by what a gateway adds (with_gateway_lines)
    std::size_t body_limit = 64 << 10;               // default; admit() may raise it per route
    std::chrono::milliseconds head_timeout{10'000};  // slow head: 408
    std::chrono::milliseconds body_timeout{20'000};
    std::chrono::milliseconds idle_timeout{75'000};
    std::chrono::milliseconds write_timeout{20'000};
    std::chrono::milliseconds handle_timeout{
        5'000};                       // the request's deadline, capped by X-Request-Deadline-Ms from trusted peers
    unsigned max_connections = 4096;  // per worker; beyond: accept pauses
    unsigned max_in_flight = 512;     // per worker; beyond: 503 before the body is read
    unsigned max_pipelined = 16;      // answered in a row before other connections get their turn
    std::vector<std::string> trusted_peers = {"127.0.0.0/8", "::1/128"};  // whose deadline and forwarding headers count
    std::string malformed_metric = "mita_http_malformed_total";           // {rule}; the gateway has a name of its own
    bool log_requests = false;  // every request; slow (> slow_ms) and >= 500 are always logged
    std::chrono::milliseconds slow{1'000};
    latency_window* window = nullptr;  // of this worker, for /health: how requests went, the operational ones left out
};

// What a server serves; one object per worker. Neither function may throw (http::router's dispatcher is the single
// catch).
class service {
public:
    virtual ~service() = default;

    struct admission {
        bool admitted = true;        // false: `res` is the answer, the body is not read
        std::size_t body_limit = 0;  // 0: the server's default
        bool stream_body = false;
    };
    // After the head, before the body (and before 100-continue, R11): route, authenticate, limit. Fills req.route.
    virtual awaitable<admission> admit(request& req, response& res) = 0;
    virtual awaitable<void> handle(request& req, response& res) = 0;
    // Adds to res.head_block what each answer of this service carries, when the server answers before admit() was
    // asked: a refused head, overload. `origin`: of the request, empty when none came. (What admit() wrote there stays
    // when a body is refused.)
    virtual void refused(std::string_view origin, response& res) {
        static_cast<void>(origin);
        static_cast<void>(res);
    }
};

class server {
public:
    server(worker& on, server_options o, service& what, logger& log, metrics::registry& metrics);
    ~server();
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    // Takes a connected socket that lives on this worker's context (called on this worker).
    void adopt(tcp_socket socket);
    // For the listener, any thread: is another connection wanted; adopt() on this worker, counted from now on.
    bool has_room() const;
    void deliver(tcp_socket socket);
    // Stops keeping connections: idle ones close now, busy ones after their answer; returns when none is left or d
    // passed (then remaining sockets are closed).
    awaitable<void> drain(deadline d);
    bool draining() const;
    std::size_t connections() const;  // any thread
    std::size_t in_flight() const;    // any thread

private:
    struct impl;
    std::shared_ptr<impl> impl_;
};

// "127.0.0.1:8080 is already in use": why a listener could not be made, without its setting's name.
struct listen_error : std::runtime_error {
    listen_error(const std::string& what, bool address) : std::runtime_error(what), of_address(address) {}
    bool of_address;  // else of the port
};

// Listens on address:port (port 0: any) or on an inherited socket (LISTEN_FDS, by name), and beside it for clients of
// the same machine (http/near.hpp), on worker 0; deals connections round-robin to `servers` (index = worker). Survives
// EMFILE and accept errors with a pause.
class listener {
public:
    // Throws listen_error.
    listener(runtime& rt, std::string address, std::uint16_t port, std::vector<server*> servers, logger& log,
             std::string inherited_name = {});
    ~listener();
    std::uint16_t port() const;  // the bound one
    void start();
    awaitable<void> close();  // on worker 0: stops accepting; queued connections are accepted first

private:
    struct door;
    struct impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace mita::http

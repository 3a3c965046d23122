// What the client's tests have in common: an upstream that misbehaves as told, and a client of it on a loop of its own.
#pragma once

#include "http/client.hpp"
#include "raw_socket.hpp"
#include "support/run.hpp"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace test_client {

using namespace mita;
using namespace mita::http;
using namespace std::chrono_literals;

// An upstream that does to its n-th connection (from 0) what `script` says.
class upstream {
public:
    using script = std::function<void(raw::socket&, int)>;
    explicit upstream(script s) : script_(std::move(s)), acceptor_([this] { run(); }) {}
    ~upstream() {
        stopping_ = true;
        try {
            raw::socket::connect(listening_.port());  // wakes accept
        } catch (const std::runtime_error&) {
        }
        acceptor_.join();
        for (std::thread& t : threads_) t.join();
    }
    std::uint16_t port() const { return listening_.port(); }
    int connections() const { return connections_; }

private:
    void run() {
        for (;;) {
            auto s = std::make_shared<raw::socket>(listening_.accept());
            if (stopping_) return;
            const int n = connections_++;
            threads_.emplace_back([this, s, n] { script_(*s, n); });
        }
    }
    raw::listening listening_;
    script script_;
    std::atomic<bool> stopping_{false};
    std::atomic<int> connections_{0};
    std::vector<std::thread> threads_;
    std::thread acceptor_;
};

// A request with its body, "" at the end of the connection.
inline std::string read_request(raw::socket& s) {
    std::string text = s.until("\r\n\r\n");
    const std::size_t at = text.find("Content-Length: ");
    if (at != std::string::npos) text += s.exactly(static_cast<std::size_t>(std::atol(text.c_str() + at + 16)));
    return text;
}

inline std::string ok(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// Answers every request with `answer` and keeps the connection.
inline upstream::script always(std::string answer) {
    return [answer](raw::socket& s, int) {
        while (!read_request(s).empty()) s.send(answer);
    };
}

struct fixture {
    explicit fixture(std::uint16_t port, std::function<void(client_options&)> change = {}) : context(1) {
        client_options o;
        o.name = "up";
        o.port = port;
        if (change) change(o);
        c = std::make_unique<client>(context.get_executor(), o, registry);
    }
    ~fixture() {
        mita::test::run(context, c->close(deadline::after(1s)));
        c.reset();
        context.poll();
    }
    client_response send(client_request r, deadline d = mita::test::soon()) {
        return mita::test::run(context, c->send(std::move(r), d));
    }
    client_response get(const std::string& target = "/", deadline d = mita::test::soon()) {
        return send(client_request(verb::get, target), d);
    }
    // Lets the loop see what the upstream did meanwhile.
    void settle(std::function<bool()> done) {
        for (int i = 0; i < 500 && !done(); ++i) {
            context.restart();
            context.run_for(10ms);
        }
    }
    metrics::registry registry;
    asio::io_context context;
    std::unique_ptr<client> c;
};

inline client_request make(verb v, std::string body, bool idempotent = false) {
    client_request r(v, "/x");
    r.body = std::move(body);
    r.idempotent = idempotent;
    return r;
}

}  // namespace test_client

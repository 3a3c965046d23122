// The hot paths of server and client allocate nothing once warm.
#include "core/runtime.hpp"
#include "http/client.hpp"
#include "http/server.hpp"
#include "raw_socket.hpp"
#include "support/counted_new.hpp"
#include "support/run.hpp"

#include <catch2/catch.hpp>

#include <boost/asio/post.hpp>

#include <thread>

using namespace mita;
using namespace mita::http;

namespace {

class plain final : public service {
public:
    awaitable<admission> admit(request& req, response&) override {
        req.route = "/plain";
        co_return admission();
    }
    awaitable<void> handle(request& req, response& res) override {
        res.body.assign(400, 'x');
        res.body.append(req.body);
        res.head_block.append("ETag: \"0123456789abcdef0123456789abcdef\"\r\n");
        co_return;
    }
};

awaitable<int> exchanges(client& c, int warm, int measured) {
    client_response out;
    const std::string
        head = "POST /plain HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\nX-Request-Id: some-request-id-0001\r\n\r\n",
        body(100, 'b');
    std::uint64_t before = 0;
    for (int i = 0; i < warm + measured; ++i) {
        if (i == warm) before = test::allocations();
        const deadline d = deadline::after(std::chrono::seconds(5));
        co_await c.exchange(head, body, verb::post, false, out, d);
        if (out.status != 200 || out.body.size() != 500) co_return -1;
    }
    co_return static_cast<int>(test::allocations() - before);
}

}  // namespace

TEST_CASE("After warm-up an exchange allocates nothing, neither in the client nor in the server") {
    logger log("test", log_level::off);
    metrics::registry registry;
    worker w(0);
    plain what;
    server_options so;
    so.name = "test";
    latency_window window;
    so.window = &window;
    server s(w, so, what, log, registry);
    raw::listening listening;
    client_options co;
    co.name = "up";
    co.port = listening.port();
    client c(w.get_executor(), co, registry);
    // Both ends on this thread, so that both are counted: the kernel completes the handshake, then we accept.
    bool adopted = false;
    std::thread accepting([&] {
        raw::socket peer = listening.accept();
        const int fd = ::dup(peer.fd());
        asio::post(w.context(), [&, fd] {
            s.adopt(tcp_socket(w.get_executor(), tcp::v4(), fd));
            adopted = true;
        });
    });
    const int counted = test::run(w.context(), exchanges(c, 200, 1000));
    accepting.join();
    CHECK(adopted);
    CHECK(counted == 0);
    latency_summary recent;
    window.add_recent(latency_window::clock::now(), recent);
    CHECK(recent.total == 1200);  // unless they took a minute
    test::run(w.context(), c.close(test::soon()));
    test::run(w.context(), s.drain(test::soon()));
}

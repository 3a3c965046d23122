// Counts mallocs: the hot paths of server and client make none once warm. Not under sanitizers, which bring their own
// allocator.
#include "core/runtime.hpp"
#include "http/client.hpp"
#include "http/server.hpp"
#include "raw_socket.hpp"
#include "support/run.hpp"

#include <catch2/catch.hpp>

#include <boost/asio/post.hpp>

#include <cstdlib>
#include <new>
#include <thread>

#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)

namespace {

thread_local bool counting = false;
thread_local int mallocs = 0;

void* count(std::size_t n) {
    if (counting) ++mallocs;
    if (void* p = std::malloc(n)) return p;
    throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t n) { return count(n); }
void* operator new[](std::size_t n) { return count(n); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }

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
    for (int i = 0; i < warm + measured; ++i) {
        if (i == warm) {
            mallocs = 0;
            counting = true;
        }
        const deadline d = deadline::after(std::chrono::seconds(5));
        co_await c.exchange(head, body, verb::post, false, out, d);
        if (out.status != 200 || out.body.size() != 500) co_return -1;
    }
    counting = false;
    co_return mallocs;
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
    client c(w.get_executor(), co, log, registry);
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

#endif

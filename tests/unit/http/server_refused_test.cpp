// R18, R19: what the server answers by itself carries what the service's other answers carry.
#include "test_service.hpp"

#include <catch2/catch.hpp>

using namespace test_http;
using namespace std::chrono_literals;

namespace {

// Marks each answer: in admit(), or in refused() where the server does without it.
class marking final : public service {
public:
    awaitable<admission> admit(request& req, response& res) override {
        res.head_block += "X-Mark: admitted\r\n";
        admission a;
        a.body_limit = req.path == "/large" ? 1 << 20 : 100;
        co_return a;
    }
    awaitable<void> handle(request&, response& res) override {
        res.status = 204;
        co_return;
    }
    void refused(std::string_view origin, response& res) override {
        res.head_block.append("X-Mark: refused ").append(origin).append("\r\n");
    }
};

struct marked {
    explicit marked(server_options o = quick())
        : log("test", log_level::off), rt(1, log, 5s), server(rt.at(0), std::move(o), what, log, registry) {
        accept = std::make_unique<listener>(rt, "127.0.0.1", 0, std::vector<http::server*>{&server}, log);
        rt.on_stop(stop_stage::drain, 0, [this](deadline) { return accept->close(); });
        rt.on_stop(stop_stage::drain, 0, [this](deadline d) { return server.drain(d); });
        accept->start();
        thread = std::thread([this] { rt.run(); });
    }
    ~marked() {
        rt.request_stop();
        thread.join();
    }
    raw::answer ask(const std::string& bytes) {
        raw::socket s(::socket(AF_INET, SOCK_STREAM, 0));
        REQUIRE(s.connect_to(accept->port()));
        s.send(bytes);
        return s.read();
    }
    logger log;
    runtime rt;
    metrics::registry registry;
    marking what;
    http::server server;
    std::unique_ptr<listener> accept;
    std::thread thread;
};

const std::string origin = "Origin: https://app.example.org\r\n", host = "Host: h\r\n";

std::string bodied(const std::string& path, const std::string& framing, const std::string& body) {
    return "POST " + path + " HTTP/1.1\r\n" + host + origin + framing + "\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("R18: a refused head is answered with what the service's answers carry, wherever its Origin stands") {
    marked m;
    std::string many;
    for (int i = 0; i < 120; ++i) many += "X" + std::to_string(i) + ": y\r\n";
    const struct {
        const char* what;
        std::string bytes;
        int status;
    } cases[] = {
        {"no Host", "GET / HTTP/1.1\r\n" + origin + "\r\n", 400},
        {"Origin before the bad line", "GET / HTTP/1.1\r\n" + host + origin + "Bad : x\r\n\r\n", 400},
        {"Origin after the bad line", "GET / HTTP/1.1\r\n" + host + "Bad : x\r\n" + origin + "\r\n", 400},
        {"a bad target", "GET /a/../b HTTP/1.1\r\n" + host + origin + "\r\n", 400},
        {"two framings", bodied("/", "Content-Length: 2\r\nTransfer-Encoding: chunked", "{}"), 400},
        {"a long target", "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\n" + host + origin + "\r\n", 414},
        {"Expect", bodied("/", "Content-Length: 2\r\nExpect: 200-ok", "{}"), 417},
        {"many headers", "GET / HTTP/1.1\r\n" + host + many + origin + "\r\n", 431},
        {"a large head", "GET / HTTP/1.1\r\n" + host + "A: " + std::string(17000, 'a') + "\r\n" + origin + "\r\n", 431},
        {"an unknown method", "BREW / HTTP/1.1\r\n" + host + origin + "\r\n", 501},
        {"an unknown coding", bodied("/", "Transfer-Encoding: xchunked", ""), 501},
        {"another version", "GET / HTTP/2.0\r\n" + host + origin + "\r\n", 505},
        {"CONNECT", "CONNECT x:443 HTTP/1.1\r\n" + host + origin + "\r\n", 405},
    };
    for (const auto& c : cases) {
        INFO(c.what);
        const raw::answer a = m.ask(c.bytes);
        CHECK(a.status == c.status);
        CHECK(a.header("x-mark") == "refused https://app.example.org");
        CHECK(a.header("connection") == "close");
    }
    CHECK(m.ask("GET / HTTP/1.1\r\nAsked-By: x\r\n\r\n").header("x-mark") == "refused ");
}

TEST_CASE("R18, R20: a refused body is answered with what admit() said of the answer") {
    server_options o = quick();
    o.body_timeout = 200ms;
    marked m(o);
    const std::string chunked = "Transfer-Encoding: chunked";
    CHECK(m.ask("GET / HTTP/1.1\r\n" + host + "\r\n").header("x-mark") == "admitted");
    const struct {
        const char* what;
        std::string bytes;
        int status;
    } cases[] = {
        {"too large by its length", bodied("/", "Content-Length: 101", std::string(101, 'x')), 413},
        {"too large by its chunks", bodied("/", chunked, "100\r\n" + std::string(256, 'x') + "\r\n0\r\n\r\n"), 413},
        {"malformed chunks", bodied("/", chunked, "zz\r\n"), 400},
        {"a slow body", bodied("/", "Content-Length: 5", "12"), 408},
        {"a slow large body", bodied("/large", "Content-Length: 500000", "12"), 408},
        {"slow chunks", bodied("/", chunked, "5\r\n12"), 408},
    };
    for (const auto& c : cases) {
        INFO(c.what);
        const raw::answer a = m.ask(c.bytes);
        CHECK(a.status == c.status);
        CHECK(a.header("x-mark") == "admitted");
    }
}

TEST_CASE("R18: a slow head and a shed request are answered with what the service's answers carry") {
    server_options o = quick();
    o.head_timeout = 200ms;
    marked slow(o);
    const raw::answer late = slow.ask("GET / HTTP/1.1\r\n" + host + origin);
    CHECK(late.status == 408);
    CHECK(late.header("x-mark") == "refused https://app.example.org");

    o = quick();
    o.max_in_flight = 0;
    marked full(o);
    const raw::answer shed = full.ask("GET / HTTP/1.1\r\n" + host + origin + "\r\n");
    CHECK(shed.status == 503);
    CHECK(shed.header("x-mark") == "refused https://app.example.org");
}

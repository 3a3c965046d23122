// The client's answers that come in pieces, against upstreams that follow a script.
#include "http/client_stream.hpp"

#include "client_support.hpp"
#include "core/error.hpp"

#include <catch2/catch.hpp>

#include <boost/asio/co_spawn.hpp>

using namespace test_client;

namespace {

const std::string head = "GET /live HTTP/1.1\r\nHost: up\r\n\r\n";
const std::string begun = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string chunk(const std::string& data) {
    char size[16];
    std::snprintf(size, sizeof size, "%zx\r\n", data.size());
    return size + data + "\r\n";
}

struct streams {
    explicit streams(std::uint16_t port, unsigned most = 4) : context(1) {
        client_options o;
        o.name = "up";
        o.port = port;
        o.max_connections = most;
        o.max_response = 64 << 10;
        c = std::make_unique<stream_client>(context.get_executor(), o, registry);
    }
    ~streams() {
        mita::test::run(context, c->close(deadline::after(1s)));
        c.reset();
        context.poll();
    }
    std::unique_ptr<client_stream> open(client_response& out) {
        return mita::test::run(context, c->open(head, out, mita::test::soon()));
    }
    std::string next(client_stream& s, deadline d = mita::test::soon()) {
        return std::string(mita::test::run(context, s.next(d)));
    }
    // To its end, put together; " broken" behind what broke off.
    std::string all(client_stream& s) {
        std::string text;
        try {
            for (std::string piece = next(s); !piece.empty(); piece = next(s)) text += piece;
        } catch (const upstream_error&) {
            text += " broken";
        }
        return text;
    }
    metrics::registry registry;
    asio::io_context context;
    std::unique_ptr<stream_client> c;
};

}  // namespace

TEST_CASE("R25: pieces of an answer are given as they come, cut anywhere, on one connection that ends with it") {
    const std::string sent = begun + chunk("one\n") + chunk("two\n") + "0\r\n\r\n";
    std::atomic<std::size_t> cut{0};
    upstream up([&](raw::socket& s, int) {
        if (read_request(s).empty()) return;
        s.send(std::string_view(sent).substr(0, cut));
        std::this_thread::yield();
        s.send(std::string_view(sent).substr(cut));
        s.rest();
    });
    streams f(up.port());
    for (cut = 1; cut < sent.size(); ++cut) {
        client_response out;
        const auto s = f.open(out);
        REQUIRE(s != nullptr);
        CHECK(out.status == 200);
        CHECK(out.headers.value("content-type") == "text/event-stream");
        CHECK(f.all(*s) == "one\ntwo\n");
    }
    CHECK(f.c->snapshot().busy + f.c->snapshot().idle == 0);
}

TEST_CASE("R25: a piece comes before the next is sent, and more than any bound in all") {
    std::atomic<bool> took{false};
    const std::string large(60'000, 'x');
    upstream up([&](raw::socket& s, int) {
        if (read_request(s).empty()) return;
        s.send(begun + chunk("first\n"));
        while (!took) std::this_thread::yield();
        for (int i = 0; i < 5; ++i) s.send(chunk(large));
        s.send("0\r\n\r\n");
    });
    streams f(up.port());
    client_response out;
    const auto s = f.open(out);
    CHECK(f.next(*s) == "first\n");
    took = true;
    CHECK(f.all(*s).size() == 5 * large.size());
}

TEST_CASE("R25: an answer that breaks off within, or is malformed, is an error after what came") {
    std::atomic<int> way{0};
    upstream up([&](raw::socket& s, int) {
        if (read_request(s).empty()) return;
        s.send(begun + chunk("one\n") + (way == 1 ? "5\r\nab" : way == 2 ? "zz\r\n" : ""));
        if (way != 2) return s.close();
        s.rest();
    });
    streams f(up.port());
    for (way = 0; way < 3; ++way) {
        client_response out;
        const auto s = f.open(out);
        const std::string all = f.all(*s);
        CHECK(all == (way == 1 ? "one\nab broken" : "one\n broken"));
    }
}

TEST_CASE("R25: an answer that is no 200 in chunks is read whole") {
    for (const std::string& answer :
         {ok("hello"), std::string("HTTP/1.1 410 Gone\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")}) {
        upstream up(always(answer));
        streams f(up.port());
        client_response out;
        CHECK(f.open(out) == nullptr);
        CHECK(out.body == "hello");
        CHECK(f.c->snapshot().idle == 0);
    }
}

TEST_CASE("R25: a silent stream meets its deadline, a closed one ends at once, and there are so many at most") {
    upstream up([&](raw::socket& s, int) {
        if (read_request(s).empty()) return;
        s.send(begun);
        s.rest();
    });
    streams f(up.port(), 2);
    client_response out;
    const auto silent = f.open(out), closed = f.open(out);
    CHECK_THROWS_AS(f.open(out), overloaded);
    CHECK_THROWS_AS(f.next(*silent, deadline::after(100ms)), deadline_exceeded);
    std::string how;
    asio::co_spawn(f.context, closed->next(mita::test::soon()),
                   [&](std::exception_ptr e, std::string_view) { how = e ? "error" : "end"; });
    f.context.restart();
    f.context.poll();
    CHECK(how.empty());
    closed->close();
    for (int i = 0; i < 100 && how.empty(); ++i) {
        f.context.restart();
        f.context.run_for(10ms);
    }
    CHECK(how == "error");
}

// The server: bodies both ways.
#include "test_service.hpp"

#include <catch2/catch.hpp>

using namespace test_http;
using namespace std::chrono_literals;

TEST_CASE("R11: 100 Continue comes after admission and never with a refusal") {
    running r;
    raw::socket s = r.connect();
    s.send(
        "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: "
        "5\r\n\r\n");
    CHECK(s.until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    s.send("12345");
    CHECK(s.read().body == "12345");
    s.send("POST /stream HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
    CHECK(s.until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    s.send("12345");
    CHECK(s.read().body == "5+");
    for (const std::string& head :
         {std::string("POST /private HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"),
          std::string("POST /small HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 500000\r\n\r\n"),
          std::string("POST /missing HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")}) {
        INFO(head);
        raw::socket t = r.connect();
        t.send(head);
        const raw::answer a = t.read();
        CHECK((a.status == 401 || a.status == 413 || a.status == 404));
        CHECK(a.header("connection") == "close");
        CHECK(t.rest().empty());
    }
}

TEST_CASE(
    "R13: a body over its route's limit is 413, by its declared length before it comes and by count when chunked") {
    running r;
    const std::string limit(64 << 10, 'x');
    CHECK(r.ask(post("/small", limit)).status == 200);
    CHECK(r.ask("POST /small HTTP/1.1\r\nHost: h\r\nContent-Length: 65537\r\n\r\n").status == 413);
    CHECK(r.ask("POST /small HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n").status == 413);
    CHECK(r.ask(chunked("/small", limit + "x")).status == 413);
    CHECK(r.ask(chunked("/small", limit)).body == limit);
    CHECK(r.ask("POST /stream HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\n").status == 413);
    CHECK(r.ask("POST /stream HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n").status == 413);
    const std::string big(1 << 20, 'z');
    CHECK(r.ask(post("/echo", big)).body == big);
}

TEST_CASE("A refused request's short body is dropped and the connection goes on; a long one closes it") {
    running r;
    raw::socket s = r.connect();
    const std::string head = "POST /private HTTP/1.1\r\nHost: h\r\nContent-Length: ";
    s.send(head + "5\r\n\r\n12345" + get("/hit"));
    CHECK(s.read().status == 401);
    CHECK(s.read().status == 200);
    s.send(head + "60000\r\n\r\n123");
    const raw::answer refused = s.read();
    CHECK(refused.status == 401);
    CHECK(refused.header("connection").empty());
    s.send(std::string(59997, 'x') + get("/hit"));
    CHECK(s.read().status == 200);
    s.send(head + "600000\r\n\r\n123");
    CHECK(s.read().header("connection") == "close");
    CHECK(s.rest().empty());
}

TEST_CASE("Streamed request bodies arrive in pieces, whole; one left unread closes the connection") {
    running r;
    raw::socket s = r.connect();
    const std::string big(500'000, 'q');
    for (const std::string& bytes : {post("/stream", big), chunked("/stream", big), post("/stream", "")}) {
        s.send(bytes + get("/hit"));
        const std::string expected = bytes.size() > 1000 ? "500000+" : "";
        const raw::answer a = s.read();
        if (!expected.empty()) CHECK(a.body == expected);
        CHECK(s.read().body == "{\"ok\":true}");
    }
    s.send("POST /stream?ignore HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n" + std::string(1000, 'x'));
    const raw::answer a = s.read();
    CHECK(a.status == 200);
    CHECK(a.header("connection") == "close");
    CHECK(s.rest().empty());
}

TEST_CASE(
    "Streamed answers are chunked; a source that fails late leaves them unfinished, one that fails at once is a 500") {
    running r;
    raw::socket s = r.connect();
    s.send(get("/stream") + get("/hit"));
    const raw::answer a = s.read();
    CHECK(a.complete);
    CHECK(a.body == std::string(20'000, 'x'));
    CHECK(s.read().status == 200);
    s.send(get("/stream?early"));
    CHECK(s.read().status == 500);
    s.send(get("/stream?late"));
    const raw::answer late = s.read();
    CHECK(late.status == 200);
    CHECK_FALSE(late.complete);
    CHECK(s.ended());
    r.stop();
    const std::string text = r.logged();
    CHECK(text.find("source broke") != std::string::npos);
}

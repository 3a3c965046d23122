#include "http/response_head.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace mita::http;

namespace {

head_state read(const std::string& bytes, response_head& out, verb method = verb::get) {
    auto headers = std::make_unique<header_list>();
    const char* fault = nullptr;
    const head_state state = read_response_head(bytes, method, out, *headers, fault);
    CHECK((state == head_state::bad) == (fault != nullptr && state != head_state::more));
    return state;
}

}  // namespace

TEST_CASE("R10, R16: the body of an answer is framed by status, method and exact headers") {
    const struct {
        std::string bytes;
        verb method;
        unsigned status;
        body_kind kind;
        std::uint64_t length;
        bool keep;
    } cases[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", verb::get, 200, body_kind::length, 5, true},
        {"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", verb::get, 200, body_kind::length, 0, true},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n", verb::get, 200, body_kind::length, 5,
         false},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", verb::get, 200, body_kind::chunked, 0, true},
        {"HTTP/1.1 200 OK\r\n\r\n", verb::get, 200, body_kind::until_close, 0, false},
        {"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", verb::get, 200, body_kind::length, 5, false},
        {"HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n", verb::get, 200, body_kind::length, 5,
         true},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", verb::head, 200, body_kind::none, 0, true},
        {"HTTP/1.1 200 OK\r\n\r\n", verb::head, 200, body_kind::none, 0, true},
        {"HTTP/1.1 204 No Content\r\n\r\n", verb::get, 204, body_kind::none, 0, true},
        {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", verb::get, 204, body_kind::none, 0, false},
        {"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", verb::get, 204, body_kind::none, 0, false},
        {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", verb::get, 304, body_kind::none, 0, true},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 "
         "Created\r\nContent-Length: 2\r\n\r\n",
         verb::post, 201, body_kind::length, 2, true},
    };
    for (const auto& c : cases) {
        INFO(c.bytes);
        response_head out;
        REQUIRE(read(c.bytes + "rest", out, c.method) == head_state::done);
        CHECK(out.status == c.status);
        CHECK(out.kind == c.kind);
        CHECK(out.content_length == c.length);
        CHECK(out.keep_alive == c.keep);
        CHECK(out.size == c.bytes.size());
        for (std::size_t cut = 0; cut < c.bytes.size(); ++cut)
            CHECK(read(c.bytes.substr(0, cut), out, c.method) == head_state::more);
    }
}

TEST_CASE("R16: malformed answers are refused") {
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    std::string interim;
    for (int i = 0; i < 9; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
    std::string many;
    for (int i = 0; i < 101; ++i) many += "A: b\r\n";
    for (const std::string& bytes :
         std::vector<std::string>{"garbage\r\n\r\n",
                                  "\r\n" + ok + "\r\n",
                                  "HTTP/1.1 200\r\n\r\n",
                                  "HTTP/1.1  200 OK\r\n\r\n",
                                  "HTTP/1.1 20 OK\r\n\r\n",
                                  "HTTP/1.1 2000 OK\r\n\r\n",
                                  "HTTP/1.1 099 OK\r\n\r\n",
                                  "HTTP/1.1 600 OK\r\n\r\n",
                                  "HTTP/2.0 200 OK\r\n\r\n",
                                  "HTTP/1.2 200 OK\r\n\r\n",
                                  "http/1.1 200 OK\r\n\r\n",
                                  "HTTP/1.1 200 O\x01K\r\n\r\n",
                                  "HTTP/1.1 200 OK\n\n",
                                  ok + "A: b\n\r\n",
                                  ok + "A : b\r\n\r\n",
                                  ok + " A: b\r\n\r\n",
                                  ok + "A: b\r\n c\r\n\r\n",
                                  ok + "A\r\n\r\n",
                                  ok + "Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
                                  ok + "Content-Length: 5, 5\r\n\r\n",
                                  ok + "Content-Length: -5\r\n\r\n",
                                  ok + "Content-Length: x\r\n\r\n",
                                  ok + "Transfer-Encoding: gzip\r\n\r\n",
                                  ok + "Transfer-Encoding: chunked, gzip\r\n\r\n",
                                  ok + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                                  ok + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
                                  "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                                  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
                                  interim,
                                  ok + many + "\r\n",
                                  ok + "A: " + std::string(17000, 'a')}) {
        INFO(bytes.substr(0, 200));
        response_head out;
        CHECK(read(bytes, out) == head_state::bad);
    }
}

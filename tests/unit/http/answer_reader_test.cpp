// Answers of upstreams, without a socket: the guard, what Beast reads of what it lets through, and every cut of both.
#include "http/answer_reader.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

using namespace mita::http;
using state = answer_reader::state;

namespace {

struct outcome {
    state end = state::more;
    unsigned status = 0;
    std::string headers, body;
    bool reusable = false;
    bool operator==(const outcome&) const = default;
};

struct reading {
    explicit reading(std::size_t max = 1 << 20) : reader(max) {}
    answer_reader reader;
    client_response out;

    // Bytes that come at once, as far as they are wanted.
    state give(std::string_view bytes) {
        state s = state::more;
        while (!bytes.empty() && s == state::more) {
            const std::span<char> room = reader.room();
            if (room.empty()) return state::too_large;
            const std::size_t n = std::min(room.size(), bytes.size());
            std::copy_n(bytes.data(), n, room.data());
            bytes.remove_prefix(n);
            s = reader.took(n);
        }
        return s;
    }
    outcome read(std::string_view bytes, std::size_t piece, verb method, bool then_ends = false) {
        outcome o;
        reader.begin(method, out);
        for (; !bytes.empty() && o.end == state::more; bytes.remove_prefix(std::min(piece, bytes.size())))
            o.end = give(bytes.substr(0, piece));
        if (then_ends && o.end == state::more) o.end = reader.ended();
        if (o.end != state::done) return o;
        o.status = out.status;
        o.body = out.body;
        o.reusable = reader.reusable();
        const std::string_view whole = out.buffer;
        const auto within = [whole](std::string_view v) {
            return v.data() >= whole.data() && v.data() + v.size() <= whole.data() + whole.size();
        };
        for (const header& h : out.headers) {
            CHECK((within(h.name) && within(h.value)));
            o.headers.append(h.name).append("=").append(h.value).append("|");
        }
        CHECK((out.body.empty() || within(out.body)));
        return o;
    }
};

outcome read(const std::string& bytes, verb method = verb::get, bool then_ends = false,
             std::size_t piece = std::string::npos) {
    reading r;
    return r.read(bytes, piece, method, then_ends);
}

const std::string status_line = "HTTP/1.1 200 OK\r\n";

struct framed {
    std::string head, raw;  // raw: its body as it comes
    verb method;
    unsigned status;
    std::string body;
    bool kept;
};

std::vector<framed> framed_answers() {
    return {
        {status_line + "Content-Length: 5\r\n\r\n", "hello", verb::get, 200, "hello", true},
        {"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n", "", verb::get, 200, "", true},
        {status_line + "Content-Length: 5\r\nConnection: close\r\n\r\n", "hello", verb::get, 200, "hello", false},
        {status_line + "Transfer-Encoding: chunked\r\nA: b\r\n\r\n",
         "3\r\nhel\r\n2;x=\"y\"\r\nlo\r\n0\r\nConnection: close\r\nContent-Length: 9\r\n\r\n", verb::get, 200, "hello",
         true},
        {status_line + "transfer-encoding:Chunked\r\n\r\n", "0\r\n\r\n", verb::get, 200, "", true},
        {"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", "hello", verb::get, 200, "hello", false},
        {"HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n", "hello", verb::get, 200, "hello",
         true},
        {"HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive, close\r\n\r\n", "hello", verb::get, 200,
         "hello", false},
        {status_line + "Content-Length: 5\r\n\r\n", "", verb::head, 200, "", true},
        {status_line + "Transfer-Encoding: chunked\r\n\r\n", "", verb::head, 200, "", true},
        {status_line + "\r\n", "", verb::head, 200, "", true},
        {"HTTP/1.1 204 No Content\r\n\r\n", "", verb::get, 204, "", true},
        {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "", verb::get, 204, "", false},
        {"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", "", verb::get, 204, "", false},
        {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "", verb::get, 304, "", true},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\nContent-Length: 7\r\n\r\nHTTP/1.1 201 "
         "Created\r\nContent-Length: 2\r\n\r\n",
         "ab", verb::post, 201, "ab", true},
    };
}

}  // namespace

TEST_CASE("R10, R16: an answer is framed by status, method and exact headers, the same at every cut") {
    for (const framed& c : framed_answers()) {
        INFO(c.head);
        const std::string bytes = c.head + c.raw;
        const outcome whole = read(bytes, c.method);
        CHECK(whole.end == state::done);
        CHECK(whole.status == c.status);
        CHECK(whole.body == c.body);
        CHECK(whole.reusable == c.kept);
        CHECK(read(bytes, c.method, false, 1) == whole);
        CHECK(read(bytes, c.method, false, 3) == whole);
        for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
            reading r;
            r.reader.begin(c.method, r.out);
            CHECK(r.give(bytes.substr(0, cut)) == state::more);
            CHECK(r.give(bytes.substr(cut)) == state::done);
            CHECK(r.out.body == c.body);
            // The connection's end in the middle is never an answer.
            reading ended;
            CHECK(ended.read(bytes.substr(0, cut), std::string::npos, c.method, true).end == state::more);
        }
    }
}

TEST_CASE("R16: what comes behind a complete answer is not part of it and ends the connection's use") {
    for (const framed& c : framed_answers()) {
        INFO(c.head);
        for (const std::string& behind : {std::string("x"), c.head + c.raw}) {
            const outcome o = read(c.head + c.raw + behind, c.method);
            CHECK(o.end == state::done);
            CHECK(o.body == c.body);
            CHECK_FALSE(o.reusable);
        }
    }
}

TEST_CASE("R10: an answer without a length ends with its connection") {
    const std::string head = status_line + "A: b\r\n\r\n", body(100'000, 'x');
    for (const std::size_t piece : {std::string::npos, std::size_t(7'001)}) {
        const outcome o = read(head + body, verb::get, true, piece);
        CHECK(o.end == state::done);
        CHECK(o.body == body);
        CHECK(o.headers == "A=b|");
        CHECK_FALSE(o.reusable);
    }
    CHECK(read(head, verb::get, true).body.empty());
    CHECK(read(head, verb::get, true).end == state::done);
}

TEST_CASE("R16: malformed answers are refused, whole or byte by byte") {
    const std::string& ok = status_line;
    std::string interim;
    for (int i = 0; i < 9; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
    std::string many;
    for (int i = 0; i < 101; ++i) many += "A: b\r\n";
    for (const std::string& bytes :
         std::vector<std::string>{"garbage\r\n",
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
                                  ok + "A: b\rc\r\n\r\n",
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
                                  ok + "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
                                  "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
                                  interim,
                                  ok + many + "\r\n",
                                  ok + "A: " + std::string(17000, 'a')}) {
        INFO(bytes.substr(0, 200));
        CHECK(read(bytes).end == state::bad);
        CHECK(read(bytes, verb::get, false, 1).end == state::bad);
    }
}

TEST_CASE("R16: an answer over the bound is refused at its length, its chunk or its byte") {
    reading r(10);
    CHECK(r.read(status_line + "Content-Length: 11\r\n\r\n", 1000, verb::get).end == state::too_large);
    CHECK(r.read(status_line + "Content-Length: 9223372036854775807\r\n\r\n", 1000, verb::get).end == state::too_large);
    CHECK(r.read(status_line + "Transfer-Encoding: chunked\r\n\r\nb\r\n", 1000, verb::get).end == state::too_large);
    CHECK(r.read(status_line + "\r\n12345678901", 1000, verb::get).end == state::too_large);
    CHECK(r.read(status_line + "Content-Length: 10\r\n\r\n1234567890", 1000, verb::get).end == state::done);
}

TEST_CASE("A reader is used again and again: no answer leaves anything to the next, however large it was") {
    reading r;
    const std::string large(300'000, 'y');
    std::string chunks;
    for (std::size_t at = 0; at < large.size(); at += 1000) chunks += "3e8\r\n" + large.substr(at, 1000) + "\r\n";
    for (int i = 0; i < 3; ++i) {
        const std::string n = std::to_string(i);
        outcome o = r.read(status_line + "Content-Length: 300000\r\nN: " + n + "\r\n\r\n" + large, 4096, verb::get);
        CHECK((o.body == large && o.reusable && o.headers == "Content-Length=300000|N=" + n + "|"));
        o = r.read(status_line + "Transfer-Encoding: chunked\r\nN: " + n + "\r\n\r\n" + chunks + "0\r\n\r\n", 5000,
                   verb::get);
        CHECK((o.body == large && o.reusable && o.headers == "Transfer-Encoding=chunked|N=" + n + "|"));
        o = r.read(status_line + "Content-Length: 1\r\n\r\n" + n, 1, verb::get);
        CHECK((o.body == n && o.reusable));
        o = r.read("garbage\r\n", 1, verb::get);
        CHECK(o.end == state::bad);
    }
}

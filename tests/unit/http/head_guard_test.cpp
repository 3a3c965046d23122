// Request heads: the guard, and what Beast reads of what it lets through.
#include "http/request_reader.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace mita::http;

namespace {

struct outcome {
    head_state state = head_state::more;
    unsigned status = 0;
    std::string rule, text;  // text: all that was read
    std::size_t size = 0;
    bool operator==(const outcome&) const = default;
};

std::string describe(const request& r, bool keep_alive, bool expect) {
    std::string s;
    s.append(name(r.method)).append("|").append(r.target).append("|").append(r.path).append("|").append(r.query);
    s.append("|")
        .append(std::to_string(r.minor_version))
        .append(keep_alive ? "|keep" : "|close")
        .append(expect ? "|expect" : "");
    s.append(r.chunked ? "|chunked" : "").append(r.content_length ? "|" + std::to_string(*r.content_length) : "");
    s.append(r.has_body ? "|body" : "");
    for (const header& h : r.headers) s.append("|").append(h.name).append("=").append(h.value);
    return s;
}

// Feeds `bytes` in the given pieces, each time from a buffer elsewhere in memory when `move` is set.
outcome read_in_pieces(const std::string& bytes, const std::vector<std::size_t>& cuts, bool move,
                       head_limits limits = {}) {
    auto req = std::make_unique<request>();
    request_reader reader;
    std::string path_buffer;
    std::string fixed = bytes;
    std::vector<std::unique_ptr<std::string>> buffers;
    outcome out;
    for (const std::size_t cut : cuts) {
        std::string_view seen = std::string_view(fixed).substr(0, cut);
        if (move) {
            buffers.push_back(std::make_unique<std::string>(seen));
            seen = *buffers.back();
        }
        head_error error;
        out.state = reader.check(seen, limits, error);
        if (out.state == head_state::done && !reader.build(seen, *req, path_buffer, error)) out.state = head_state::bad;
        if (out.state == head_state::bad) {
            out.status = error.status;
            out.rule = error.rule;
            out.size = 0;
            return out;
        }
        if (out.state == head_state::done) {
            out.text = describe(*req, reader.keep_alive(), reader.expects_continue());
            out.size = reader.head_size();
            return out;
        }
    }
    return out;
}

outcome read_whole(const std::string& bytes, head_limits limits = {}) {
    return read_in_pieces(bytes, {bytes.size()}, false, limits);
}

std::string get_with(const std::string& lines) { return "GET / HTTP/1.1\r\nHost: h\r\n" + lines + "\r\n"; }

struct bad_case {
    const char* rule;
    unsigned status;
    std::string bytes;
};

std::vector<bad_case> bad_cases() {
    const std::string host = "Host: h\r\n";
    std::vector<bad_case> cases = {
        {"R1", 400, "GET / HTTP/1.1\nHost: h\r\n\r\n"},
        {"R1", 400, "GET / HTTP/1.1\r\nHost: h\n\r\n"},
        {"R1", 400, "GET / HTTP/1.1\r\nHost: h\r\n\n"},
        {"R1", 400, "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"R1", 400, "\r\n\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"R1", 400, "\rGET / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"R1", 400, " GET / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"R1", 400, "\x16\x03\x01\x02\x05"},
        {"R1", 400, std::string("G\0T / HTTP/1.1\r\n", 16)},
        {"R1", 400, "GE(T / HTTP/1.1\r\n"},
        {"R1", 400, "GET  / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"R1", 400, "GET /  HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"R1", 400, "GET / HTTP/1.1 \r\nHost: h\r\n\r\n"},
        {"R1", 400, "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"R1", 400, "GET /\r\n\r\n"},
        {"R1", 400, "GET\r\n\r\n"},
        {"R1", 400, "GET / http/1.1\r\nHost: h\r\n\r\n"},
        {"R1", 400, "GET / HTTP/1\r\nHost: h\r\n\r\n"},
        {"R1", 400, "GET / HTTP/1.11\r\nHost: h\r\n\r\n"},
        {"R1", 400, "GET / HTTP/01.1\r\nHost: h\r\n\r\n"},
        {"R1", 400, "GET / HTTP/1,1\r\nHost: h\r\n\r\n"},
        {"R1", 400, "GET / HTP/1.1\r\nHost: h\r\n\r\n"},
        {"R1", 400, std::string(33, 'A') + " / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"R1", 400, get_with("A: b\rc\r\n")},
        {"R1", 400, get_with(std::string("A: b\0c\r\n", 8))},
        {"R1", 400,
         get_with("A: b\x7f"
                  "c\r\n")},
        {"R1", 400, get_with("A: \x01\r\n")},
        {"R1", 400, get_with("A: a long value with a bell \x07 in it\r\n")},
        {"R2", 400, get_with("A : b\r\n")},
        {"R2", 400, get_with("A\t: b\r\n")},
        {"R2", 400, get_with(" A: b\r\n")},
        {"R2", 400, get_with("A: b\r\n c\r\n")},
        {"R2", 400, get_with("A: b\r\n\tc\r\n")},
        {"R2", 400, get_with("A\r\n")},
        {"R2", 400, get_with(": b\r\n")},
        {"R2", 400, get_with("A\xc3\xa9: b\r\n")},
        {"R2", 400, get_with("A@: b\r\n")},
        {"R2", 400, "GET / HTTP/1.1\r\n Host: h\r\n\r\n"},
        {"R3", 400, "GET / HTTP/1.1\r\n\r\n"},
        {"R3", 400, "GET / HTTP/1.1\r\nHost:\r\n\r\n"},
        {"R3", 400, "GET / HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n"},
        {"R3", 400, "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"},
        {"R3", 400, "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n"},
        {"R3", 400, "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n"},
        {"R3", 400, "GET / HTTP/1.1\r\nHost: h/p\r\n\r\n"},
        {"R3", 400, "GET / HTTP/1.1\r\nHost: h:x\r\n\r\n"},
        {"R3", 400, "GET / HTTP/1.1\r\nHost: h:65536\r\n\r\n"},
        {"R3", 400, "GET / HTTP/1.1\r\nHost: h:1:2\r\n\r\n"},
        {"R3", 400, "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"},
        {"R3", 400, "GET / HTTP/1.1\r\nHost: [12]\r\n\r\n"},
        {"R3", 400, "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n"},
        {"R3", 400, "GET / HTTP/1.1\r\nHost: h h\r\n\r\n"},
        {"R3", 400, "GET / HTTP/1.1\r\nHost: h\xff\r\n\r\n"},
        {"R3", 405, "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n"},
        {"R3", 405, "CONNECT / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"R4", 400, get_with("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")},
        {"R4", 400, get_with("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")},
        {"R4", 400, get_with("Content-Length: 5\r\nTransfer-Encoding: xyz\r\n")},
        {"R4", 400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"},
        {"R4", 400, get_with("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
        {"R4", 400, get_with("Transfer-Encoding: gzip\r\n")},
        {"R4", 400, get_with("Transfer-Encoding: gzip, chunked\r\n")},
        {"R4", 400, get_with("Transfer-Encoding: chunked, gzip\r\n")},
        {"R4", 400, get_with("Transfer-Encoding: chunked, chunked\r\n")},
        {"R4", 400, get_with("Transfer-Encoding: identity\r\n")},
        {"R4", 400, get_with("Transfer-Encoding:\r\n")},
        {"R4", 400, get_with("Transfer-Encoding: ,chunked\r\n")},
        {"R4", 400, get_with("Transfer-Encoding: chunked,\r\n")},
        {"R4", 400, get_with("Transfer-Encoding: chunked;q=1\r\n")},
        {"R4", 400, get_with("Transfer-Encoding: \"chunked\"\r\n")},
        {"R4", 400,
         get_with("Transfer-Encoding: \xa0"
                  "chunked\r\n")},
        {"R4", 501, get_with("Transfer-Encoding: xchunked\r\n")},
        {"R4", 501, get_with("Transfer-Encoding: chunkedx\r\n")},
        {"R4", 501, get_with("Transfer-Encoding: foo, chunked\r\n")},
        {"R5", 400, get_with("Content-Length: 5\r\nContent-Length: 5\r\n")},
        {"R5", 400, get_with("Content-Length: 5, 5\r\n")},
        {"R5", 400, get_with("Content-Length: +5\r\n")},
        {"R5", 400, get_with("Content-Length: -5\r\n")},
        {"R5", 400, get_with("Content-Length: 0x5\r\n")},
        {"R5", 400, get_with("Content-Length: 5_0\r\n")},
        {"R5", 400, get_with("Content-Length: 5 0\r\n")},
        {"R5", 400, get_with("Content-Length: 00000000000000000005\r\n")},
        {"R5", 400, get_with("Content-Length:\r\n")},
        {"R5", 400, get_with("Content-Length: 5.0\r\n")},
        {"R5", 400, get_with("Content-Length: 9223372036854775808\r\n")},
        {"R5", 400, get_with("Content-Length: 18446744073709551621\r\n")},
        {"R11", 417, get_with("Expect: 200-ok\r\n")},
        {"R11", 417, get_with("Expect: 100-continue, x\r\n")},
        {"R13", 501, "BREW / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"R13", 501, "get / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"R13", 501, "TRACE / HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"R13", 505, "GET / HTTP/1.2\r\nHost: h\r\n\r\n"},
        {"R13", 505, "GET / HTTP/2.0\r\nHost: h\r\n\r\n"},
        {"R13", 505, "GET / HTTP/9.9\r\nHost: h\r\n\r\n"},
        {"R13", 505, "GET / HTTP/0.9\r\nHost: h\r\n\r\n"},
        {"R13", 505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
        {"R13", 414, "GET /" + std::string(8000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n"},
        {"R13", 431, get_with("A: " + std::string(17000, 'a') + "\r\n")},
        {"R15", 400, get_with("Authorization: a\r\nAuthorization: b\r\n")},
        {"R15", 400, get_with("authorization: a\r\nAUTHORIZATION: a\r\n")},
        {"R15", 400, get_with("Content-Type: a\r\nContent-Type: b\r\n")},
        {"R15", 400, get_with("Origin: a\r\nOrigin: b\r\n")},
        {"R15", 400, get_with("Idempotency-Key: a\r\nIdempotency-Key: b\r\n")},
    };
    std::string many;
    for (int i = 0; i < 100; ++i) many += "A: b\r\n";  // and Host: 101
    cases.push_back({"R13", 431, get_with(many)});
    for (const char* target : {"a",         "//",      "/a//b",        "/./a",           "/a/.",
                               "/a/..",     "/a/../b", "/%2e/a",       "/%2E%2e/a",      "/a/.%2e/b",
                               "/a%2fb",    "/a%2Fb",  "/a\\b",        "/a%5cb",         "/%00",
                               "/a%0ab",    "/a%7f",   "/a%",          "/a%4",           "/a%4g",
                               "/a#b",      "/a?b#c",  "/\"",          "/<a>",           "/a^b",
                               "/a{b}",     "/a|b",    "/caf\xc3\xa9", "/a?caf\xc3\xa9", "/a?b\\c",
                               "*",         "http://", "http:///a",    "http://u@h/a",   "http://h:x/a",
                               "ftp://h/a", "h:80",    "http:/h",      "/\x01",          "/a?\x01"})
        cases.push_back({"R14", 400, "GET " + std::string(target) + " HTTP/1.1\r\n" + host + "\r\n"});
    return cases;
}

struct good_case {
    std::string bytes, text;
};

std::vector<good_case> good_cases() {
    std::string many;
    for (int i = 0; i < 99; ++i) many += "A: b\r\n";
    return {
        {"GET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET|/|/||1|keep|Host=h"},
        {"\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET|/|/||1|keep|Host=h"},
        {"GET /a/b?c=d&e=%20 HTTP/1.1\r\nHost: example.org:8080\r\n\r\n",
         "GET|/a/b?c=d&e=%20|/a/b|c=d&e=%20|1|keep|Host=example.org:8080"},
        {"GET /v1/%41%2d%7Eb%3a%c3%a9 HTTP/1.1\r\nHost: h\r\n\r\n",
         "GET|/v1/%41%2d%7Eb%3a%c3%a9|/v1/A-~b%3A%C3%A9||1|keep|Host=h"},
        {"GET /.well-known/jwks.json HTTP/1.1\r\nHost: h\r\n\r\n",
         "GET|/.well-known/jwks.json|/.well-known/jwks.json||1|keep|Host=h"},
        {"GET /a/..b/...?x=/../ HTTP/1.1\r\nHost: h\r\n\r\n", "GET|/a/..b/...?x=/../|/a/..b/...|x=/../|1|keep|Host=h"},
        {"GET /a/ HTTP/1.1\r\nHost: h\r\n\r\n", "GET|/a/|/a/||1|keep|Host=h"},
        {"GET /x:batch HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET|/x:batch|/x:batch||1|keep|Host=[::1]:80"},
        {"GET http://other/a?b HTTP/1.1\r\nHost: h\r\n\r\n", "GET|/a?b|/a|b|1|keep|Host=other"},
        {"GET HTTP://other:81 HTTP/1.1\r\nHost: h\r\n\r\n", "GET|/|/||1|keep|Host=other:81"},
        {"GET https://other?b=c HTTP/1.1\r\nHost: h\r\n\r\n", "GET|/?b=c|/|b=c|1|keep|Host=other"},
        {"GET http://other/ HTTP/1.0\r\n\r\n", "GET|/|/||0|close|Host=other"},
        {"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS|*|*||1|keep|Host=h"},
        {"OPTIONS http://other HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS|*|*||1|keep|Host=other"},
        {"GET / HTTP/1.0\r\n\r\n", "GET|/|/||0|close"},
        {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET|/|/||0|keep|Connection=keep-alive"},
        {"GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n", "GET|/|/||0|close|Expect=100-continue"},
        {"GET / HTTP/1.1\r\nHost: h\r\nConnection: x, Close\r\n\r\n", "GET|/|/||1|close|Host=h|Connection=x, Close"},
        {"POST / HTTP/1.1\r\nhOST:h\r\ncontent-length: 5 \t\r\n\r\nhello",
         "POST|/|/||1|keep|5|body|hOST=h|content-length=5"},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", "POST|/|/||1|keep|0|Host=h|Content-Length=0"},
        {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9223372036854775807\r\n\r\n",
         "POST|/|/||1|keep|9223372036854775807|body|Host=h|Content-Length=9223372036854775807"},
        {"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
         "PUT|/|/||1|keep|chunked|body|Host=h|Transfer-Encoding=Chunked"},
        {"PATCH / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n",
         "PATCH|/|/||1|keep|expect|1|body|Host=h|Expect=100-Continue|Content-Length=1"},
        {get_with("A:\r\nB: \r\nC: x\ty \xff\r\n"), "GET|/|/||1|keep|Host=h|A=|B=|C=x\ty \xff"},
        {get_with("Accept: a\r\nAccept: b\r\nCookie: c\r\nCookie: d\r\n"),
         "GET|/|/||1|keep|Host=h|Accept=a|Accept=b|Cookie=c|Cookie=d"},
        {"DELETE /" + std::string(7999, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n",
         "DELETE|/" + std::string(7999, 'a') + "|/" + std::string(7999, 'a') + "||1|keep|Host=h"},
    };
}

std::vector<std::size_t> every_byte(const std::string& bytes) {
    std::vector<std::size_t> cuts;
    for (std::size_t i = 0; i <= bytes.size(); ++i) cuts.push_back(i);
    return cuts;
}

}  // namespace

TEST_CASE("R1-R5, R11, R13-R15: each malformed head is refused with its status and rule") {
    for (const bad_case& c : bad_cases()) {
        INFO(c.bytes.substr(0, 200));
        const outcome got = read_whole(c.bytes);
        CHECK(got.state == head_state::bad);
        CHECK(got.status == c.status);
        CHECK(got.rule == c.rule);
    }
}

TEST_CASE("Well-formed heads are read as they were meant") {
    for (const good_case& c : good_cases()) {
        INFO(c.bytes.substr(0, 200));
        const outcome got = read_whole(c.bytes);
        CHECK(got.state == head_state::done);
        CHECK(got.text == c.text);
        CHECK(got.size == c.bytes.find("\r\n\r\n", c.bytes.find("HTTP/")) + 4);
    }
}

TEST_CASE("R13: exactly 100 headers pass and exactly 16 KiB pass") {
    std::string lines;
    for (int i = 0; i < 99; ++i) lines += "A: b\r\n";
    CHECK(read_whole(get_with(lines)).state == head_state::done);
    const std::size_t around = get_with("A: \r\n").size();
    CHECK(read_whole(get_with("A: " + std::string((16 << 10) - around, 'x') + "\r\n")).state == head_state::done);
    CHECK(read_whole(get_with("A: " + std::string((16 << 10) - around + 1, 'x') + "\r\n")).status == 431);
}

TEST_CASE("A head cut at every byte gives the same answer, good or bad, also when the buffer moves") {
    for (const good_case& c : good_cases()) {
        if (c.bytes.size() > 4000) continue;
        INFO(c.bytes);
        CHECK(read_in_pieces(c.bytes, every_byte(c.bytes), false) == read_whole(c.bytes));
        CHECK(read_in_pieces(c.bytes, every_byte(c.bytes), true) == read_whole(c.bytes));
    }
    for (const bad_case& c : bad_cases()) {
        if (c.bytes.size() > 4000) continue;
        INFO(c.bytes);
        CHECK(read_in_pieces(c.bytes, every_byte(c.bytes), false) == read_whole(c.bytes));
        CHECK(read_in_pieces(c.bytes, every_byte(c.bytes), true) == read_whole(c.bytes));
    }
    for (const std::string& big :
         {"GET /" + std::string(9000, 'a'), get_with("A: " + std::string(17000, 'a') + "\r\n")})
        CHECK(read_in_pieces(big, every_byte(big), false) == read_whole(big));
}

TEST_CASE("An endless head is refused as soon as its bounds are passed, not when it ends") {
    CHECK(read_whole("GET /" + std::string(8001, 'a')).status == 414);
    CHECK(read_whole(std::string(33, 'A')).status == 400);
    CHECK(read_whole("GET / HTTP/1.1AAAA").status == 400);
    CHECK(read_whole("GET / HTTP/1.1\r\nA: " + std::string(16 << 10, 'a')).status == 431);
    CHECK(read_whole("GET / HTTP/1.1\r\nHost: h").state == head_state::more);
    CHECK(read_whole("").state == head_state::more);
}

TEST_CASE("Any bytes at all, cut anywhere, give the answer they give in one piece") {
    CHECK(rc::check([] {
        const std::vector<std::string> words = {"GET",
                                                " ",
                                                "/",
                                                "HTTP/1.1",
                                                "\r\n",
                                                "\r",
                                                "\n",
                                                "Host",
                                                ":",
                                                "h",
                                                "Content-Length",
                                                "5",
                                                "\r\n\r\n",
                                                "Transfer-Encoding",
                                                "chunked",
                                                "POST",
                                                "a",
                                                "%2e",
                                                "..",
                                                "*",
                                                "\t",
                                                ",",
                                                "http://",
                                                "?",
                                                "\x7f"};
        std::string bytes;
        const auto picks =
            *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, words.size()));
        if (*rc::gen::arbitrary<bool>()) bytes = "GET / HTTP/1.1\r\nHost: h\r\n";
        for (const std::size_t p : picks) bytes += words[p];
        const auto whole = read_whole(bytes);
        RC_ASSERT(read_in_pieces(bytes, every_byte(bytes), false) == whole);
        RC_ASSERT(read_in_pieces(bytes, every_byte(bytes), true) == whole);
    }));
}

TEST_CASE("What we read, Beast's own message of it has too: the same method, target and headers") {
    namespace beast_http = boost::beast::http;
    for (const good_case& c : good_cases()) {
        if (c.bytes.size() > 8000) continue;
        std::string bytes = c.bytes;
        while (bytes.rfind("\r\n", 0) == 0) bytes.erase(0, 2);  // Beast does not skip them (R1)
        INFO(bytes);
        beast_http::request_parser<beast_http::empty_body> parser;
        parser.eager(false);
        parser.body_limit(boost::none);
        boost::system::error_code ec;
        parser.put(boost::asio::buffer(bytes), ec);
        CHECK_FALSE(ec);
        REQUIRE(parser.is_header_done());
        auto req = std::make_unique<request>();
        request_reader reader;
        std::string path_buffer;
        head_error error;
        REQUIRE(reader.check(bytes, head_limits(), error) == head_state::done);
        REQUIRE(reader.build(bytes, *req, path_buffer, error));
        CHECK(parser.get().method_string() == name(req->method));
        CHECK(parser.chunked() == req->chunked);
        CHECK(parser.keep_alive() == reader.keep_alive());
        for (const header& h : req->headers)
            if (!iequals(h.name, "Host"))
                CHECK(parser.get().count(boost::string_view(h.name.data(), h.name.size())) > 0);
    }
}

TEST_CASE("R13: a head that names the time left may be longer by what a gateway adds, where that is allowed") {
    const head_limits behind = with_gateway_lines(head_limits());
    const std::string left = "X-Request-Deadline-Ms: 100\r\n";
    const auto lines = [](int n) {
        std::string out;
        for (int i = 0; i < n; ++i) out += "A: b\r\n";
        return out;
    };
    CHECK(read_whole(get_with(lines(106) + left), behind).state == head_state::done);  // with Host 108
    CHECK(read_whole(get_with(lines(107) + left), behind).status == 431);
    CHECK(read_whole(get_with(lines(100)), behind).status == 431);
    CHECK(read_whole(get_with(lines(99)), behind).state == head_state::done);
    CHECK(read_whole(get_with(lines(99) + left)).status == 431);
    const std::size_t around = get_with(left + "A: \r\n").size(), most = (16 << 10) + 512;
    const auto sized = [&](std::size_t n) { return get_with(left + "A: " + std::string(n - around, 'x') + "\r\n"); };
    CHECK(read_whole(sized(most), behind).state == head_state::done);
    CHECK(read_whole(sized(most + 1), behind).status == 431);
    CHECK(read_whole(sized((16 << 10) + 1)).status == 431);
    CHECK(read_whole(get_with("A: " + std::string((16 << 10), 'x') + "\r\n"), behind).status == 431);
    for (const std::string& head : {get_with(lines(106) + left), get_with(lines(100)), sized(most)})
        CHECK(read_in_pieces(head, every_byte(head), false, behind) == read_whole(head, behind));
}

TEST_CASE("Of a head that is refused what came before the fault can be read, and no framing") {
    const std::string before = "POST /v1/x HTTP/1.1\r\nHost: h\r\nOrigin: https://o\r\nContent-Length: 5\r\n";
    for (const std::string& fault : {"Host: twice\r\n\r\n", "A: b\n", " folded\r\n", "A : b\r\n\r\n"}) {
        INFO(fault);
        const std::string bytes = before + fault;
        auto req = std::make_unique<request>();
        request_reader reader;
        std::string path_buffer;
        head_error error;
        const bool refused = reader.check(bytes, head_limits(), error) == head_state::bad ||
                             !reader.build(bytes, *req, path_buffer, error);
        CHECK(refused);
        reader.glimpse(bytes, *req, path_buffer);
        CHECK(req->method == verb::post);
        CHECK(req->path == "/v1/x");
        CHECK(req->headers.value("origin") == "https://o");
        CHECK_FALSE(req->has_body);
        CHECK_FALSE(req->content_length);
    }
}

TEST_CASE("R1: a Connection header that is no list of tokens is refused, and close counts beside keep-alive in 1.0") {
    CHECK(read_whole(get_with("Connection: \"close\"\r\n")).status == 400);
    CHECK(read_whole(get_with("Connection: a b\r\n")).status == 400);
    CHECK(read_whole(get_with("Connection: , close ,\r\n")).text == "GET|/|/||1|close|Host=h|Connection=, close ,");
    CHECK(read_whole("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n").text ==
          "GET|/|/||0|close|Connection=keep-alive, close");
}

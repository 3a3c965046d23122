// Chunked bodies: the guard, and what Beast decodes of what it lets through.
#include "http/request_reader.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace mita::http;
using chunk_is = chunk_state;

namespace {

struct chunks_read {
    chunk_is end = chunk_is::more;
    std::string data;
    std::size_t consumed = 0;
    bool operator==(const chunks_read&) const = default;
};

chunks_read decode(const std::string& bytes, std::size_t piece, std::uint64_t limit = 1 << 20) {
    const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    const auto req = std::make_unique<request>();
    request_reader reader;
    std::string path_buffer;
    head_error error;
    REQUIRE(reader.check(head, head_limits(), error) == head_state::done);
    REQUIRE(reader.build(head, *req, path_buffer, error));
    chunks_read out;
    while (out.consumed < bytes.size() && out.end == chunk_is::more) {
        std::size_t n = 0;
        out.end = reader.feed(std::string_view(bytes).substr(out.consumed, piece), n, out.data, limit);
        out.consumed += n;
    }
    return out;
}

}  // namespace

TEST_CASE("R6: chunked bodies are decoded; extensions and trailers are dropped; what follows is left alone") {
    const struct {
        std::string bytes, data;
    } cases[] = {
        {"0\r\n\r\n", ""},
        {"5\r\nhello\r\n0\r\n\r\n", "hello"},
        {"5\r\nhello\r\n6\r\n world\r\n000\r\n\r\n", "hello world"},
        {"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789"},
        {"0000000000000005\r\nhello\r\n0\r\n\r\n", "hello"},
        {"5;a\r\nhello\r\n0;b=c\r\n\r\n", "hello"},
        {"5;a=\"q;\\\"\t\";b=c\r\nhello\r\n0\r\n\r\n", "hello"},
        {"5\r\nhello\r\n0\r\nHost: evil\r\nX: \xc3\xa9\r\n\r\n", "hello"},
        {"2\r\n\r\n\r\n0\r\n\r\n", "\r\n"},
        {"5\r\nhello\r\n0;x\r\nContent-Length: 7\r\nTransfer-Encoding: chunked\r\nConnection: \"\r\n\r\n", "hello"},
    };
    for (const auto& c : cases) {
        INFO(c.bytes);
        const chunks_read whole = decode(c.bytes + "GET /next", 1000);
        CHECK(whole.end == chunk_is::done);
        CHECK(whole.data == c.data);
        CHECK(whole.consumed == c.bytes.size());
        for (std::size_t piece = 1; piece < 6; ++piece) CHECK(decode(c.bytes + "GET /next", piece) == whole);
    }
}

TEST_CASE("R6: every other spelling of a chunk is refused") {
    for (const std::string& bytes : std::vector<std::string>{"\r\n",
                                                             "x\r\n",
                                                             "5\nhello\r\n0\r\n\r\n",
                                                             "5\rhello",
                                                             "5 \r\nhello\r\n",
                                                             " 5\r\nhello\r\n",
                                                             "\t5\r\n",
                                                             "0x5\r\nhello\r\n",
                                                             "+5\r\n",
                                                             "-1\r\n",
                                                             "5_\r\n",
                                                             "5,\r\n",
                                                             "00000000000000005\r\nhello\r\n",
                                                             "fffffffffffffffff\r\n",
                                                             "5\r\nhelloX",
                                                             "5\r\nhello\n0\r\n\r\n",
                                                             "5\r\nhello\rX",
                                                             "5\r\nhello0\r\n\r\n",
                                                             "5;\r\nhello\r\n",
                                                             "5;a\nhello\r\n",
                                                             "5;a=\r\n",
                                                             "5;=b\r\n",
                                                             "5;a=\"\r\n",
                                                             "5;a=\"b\"c\r\n",
                                                             "5;a b\r\n",
                                                             "5;a\x01\r\n",
                                                             "0\r\n\n",
                                                             "0\r\nA: b\n\r\n",
                                                             "0\r\nA : b\r\n\r\n",
                                                             "0\r\n A: b\r\n\r\n",
                                                             "0\r\n: b\r\n\r\n",
                                                             "0\r\nA\r\n\r\n",
                                                             "0\r\nA: b\rc\r\n\r\n",
                                                             "0\r\n\rX",
                                                             std::string("0\r\nA: \0\r\n\r\n", 11)}) {
        INFO(bytes);
        CHECK(decode(bytes, 1000).end == chunk_is::bad);
        CHECK(decode(bytes, 1).end == chunk_is::bad);
    }
}

TEST_CASE("R6: extensions and trailers together are bounded") {
    CHECK(decode("1;" + std::string(9000, 'a') + "\r\n", 4096).end == chunk_is::bad);
    CHECK(decode("0\r\nA: " + std::string(9000, 'a') + "\r\n\r\n", 4096).end == chunk_is::bad);
    std::string many;
    for (int i = 0; i < 1000; ++i) many += "1;abcdefghij\r\nx\r\n";
    CHECK(decode(many, 4096).end == chunk_is::bad);
    std::string trailers = "0\r\n";
    for (int i = 0; i < 3000; ++i) trailers += "A: b\r\n";
    CHECK(decode(trailers, 4096).end == chunk_is::bad);
}

TEST_CASE("R13: a chunk that passes the limit is refused at its size line, before its bytes") {
    CHECK(decode("5\r\nhello\r\n0\r\n\r\n", 100, 5).end == chunk_is::done);
    CHECK(decode("6\r\n", 100, 5).end == chunk_is::too_large);
    CHECK(decode("ffffffffffffffff\r\n", 100, 5).end == chunk_is::too_large);
    const chunks_read second = decode("3\r\nabc\r\n3\r\n", 100, 5);
    CHECK(second.end == chunk_is::too_large);
    CHECK(second.data == "abc");
    // The sum of sizes does not wrap round.
    CHECK(decode("1\r\na\r\nffffffffffffffff\r\n", 100, ~std::uint64_t(0)).end == chunk_is::too_large);
}

TEST_CASE("Whatever was sent in chunks of any size arrives whole") {
    CHECK(rc::check([](const std::vector<std::string>& pieces) {
        std::string wire, data;
        for (const std::string& p : pieces) {
            if (p.empty()) continue;
            char size[20];
            std::snprintf(size, sizeof size, "%zx\r\n", p.size());
            wire += size + p + "\r\n";
            data += p;
        }
        wire += "0\r\n\r\n";
        const auto piece = *rc::gen::inRange<std::size_t>(1, 50);
        const chunks_read got = decode(wire, piece);
        RC_ASSERT(got.end == chunk_is::done);
        RC_ASSERT(got.data == data);
        RC_ASSERT(got.consumed == wire.size());
    }));
}

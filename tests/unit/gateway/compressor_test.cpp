// R21: what is packed, what its caches are told, and that it costs no allocation once warm.
#include "gateway/compress/compressor.hpp"

#include "support/counted_new.hpp"

#include <catch2/catch.hpp>

#include <zlib.h>

#include <string>
#include <utility>

using mita::gateway::compressor;
namespace http = mita::http;

namespace {

std::string unpacked(const std::string& packed) {
    z_stream z{};
    REQUIRE(::inflateInit2(&z, 15 + 16) == Z_OK);
    std::string out(1 << 20, '\0'), in = packed;
    z.next_in = reinterpret_cast<Bytef*>(in.data());
    z.avail_in = static_cast<uInt>(in.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    REQUIRE(::inflate(&z, Z_FINISH) == Z_STREAM_END);
    out.resize(z.total_out);
    ::inflateEnd(&z);
    return out;
}

std::string text(std::size_t size) {
    std::string out;
    while (out.size() < size) out += R"({"id":")" + std::to_string(out.size()) + R"(","money":-1250},)";
    out.resize(size);
    return out;
}

// As proxy makes it of a service's answer.
http::response from_service(std::size_t size, const std::string& type = "application/json") {
    http::response r;
    r.content_type = {};
    r.head_block = "etag: \"v7\"\r\ncontent-type: " + type + "\r\nCache-Control: private, no-cache\r\n";
    r.body = text(size);
    return r;
}

http::request asking(std::string_view accept) {
    http::request r;
    if (!accept.empty()) r.headers.add({"Accept-Encoding", accept});
    return r;
}

struct fixture {
    mita::metrics::registry metrics;
    compressor packer{metrics};
    http::response apply(std::string_view accept, http::response&& r) {
        packer.apply(asking(accept), r);
        return std::move(r);
    }
};

bool has(const http::response& r, std::string_view line) { return r.head_block.find(line) != std::string::npos; }

}  // namespace

TEST_CASE_METHOD(fixture, "R21: from 1 KiB on JSON is packed for who takes gzip, with a tag of its own") {
    for (const std::size_t size : {std::size_t{1024}, std::size_t{50'000}, std::size_t{256} << 10}) {
        const auto r = apply("gzip", from_service(size));
        REQUIRE(r.body.size() < size);
        REQUIRE(unpacked(r.body) == text(size));
        REQUIRE(has(r, "etag: \"v7-gzip\"\r\n"));
        REQUIRE(has(r, "Content-Encoding: gzip\r\n"));
        REQUIRE(has(r, "Vary: Accept-Encoding\r\n"));
    }
}

TEST_CASE_METHOD(fixture, "R21: who does not take gzip gets the very bytes, and caches are told that it depends") {
    const auto r = apply("br", from_service(5000));
    REQUIRE(r.body == text(5000));
    REQUIRE(has(r, "etag: \"v7\"\r\n"));
    REQUIRE_FALSE(has(r, "Content-Encoding"));
    REQUIRE(has(r, "Vary: Accept-Encoding\r\n"));
}

TEST_CASE_METHOD(fixture, "R21: what is short, too long, no JSON or packed already stays as it is") {
    const auto stays = [&](std::size_t size, const std::string& type, const std::string& more) {
        auto r = from_service(size, type);
        r.head_block += more;
        const auto block = r.head_block, body = r.body;
        r = apply("gzip", std::move(r));
        REQUIRE(r.head_block == block);
        REQUIRE(r.body == body);
    };
    stays(1023, "application/json", "");
    stays((256 << 10) + 1, "application/json", "");
    stays(5000, "text/csv", "");
    stays(5000, "application/json", "Content-Encoding: gzip\r\n");
}

TEST_CASE_METHOD(fixture, "R21: a weak tag says the same of both, and answers of the gateway's own are packed alike") {
    auto weak = from_service(5000);
    weak.head_block = "ETag: W/\"v7\"\r\nContent-Type: application/problem+json\r\n";
    REQUIRE(has(apply("gzip", std::move(weak)), "ETag: W/\"v7\"\r\n"));
    http::response own = http::json(200, text(5000));
    http::with_header(own, "ETag", "\"v7\"");
    own = apply("gzip", std::move(own));
    REQUIRE(own.headers[0].second == "\"v7-gzip\"");
    REQUIRE(unpacked(own.body) == text(5000));
}

TEST_CASE_METHOD(fixture, "R21: 'not modified' speaks of the copy that the client has") {
    const auto same = [&](std::string_view named) {
        auto req = asking("gzip");
        req.headers.add({"If-None-Match", named});
        http::response r;
        r.status = 304;
        r.head_block = "ETag: \"v7\"\r\n";
        packer.apply(req, r);
        REQUIRE(has(r, "Vary: Accept-Encoding\r\n"));
        return r;
    };
    REQUIRE(has(same("\"v7-gzip\""), "ETag: \"v7-gzip\"\r\n"));
    REQUIRE(has(same("\"v6\", W/\"v7-gzip\""), "ETag: \"v7-gzip\"\r\n"));
    REQUIRE(has(same("\"v7\", \"v7-gzip\""), "ETag: \"v7\"\r\n"));
    REQUIRE(has(same("*"), "ETag: \"v7\"\r\n"));
}

TEST_CASE_METHOD(fixture, "R21: once warm neither the packed nor the plain way allocates") {
    const auto made = from_service(20'000), short_one = from_service(900);
    const auto packed = asking("gzip"), plain = asking("br");
    http::response r;
    r.body.reserve(32'000);
    r.head_block.reserve(1'000);
    std::uint64_t before = 0;
    for (int round = 0; round < 6; ++round) {
        if (round == 3) before = mita::test::allocations();
        for (const auto* req : {&packed, &plain}) {
            for (const auto* from : {&made, &short_one}) {
                r.content_type = {};
                r.head_block = from->head_block;
                r.body = from->body;
                packer.apply(*req, r);
            }
        }
    }
    REQUIRE(mita::test::allocations() == before);
}

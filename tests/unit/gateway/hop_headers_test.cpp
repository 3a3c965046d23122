// R8, R9, R17: what passes to the services and what does not.
#include "gateway/upstream/hop_headers.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>

using mita::gateway::copy_answer_headers;
using mita::gateway::write_upstream_head;
namespace http = mita::http;

namespace {

http::request sample() {
    http::request r;
    r.method = http::verb::get;
    r.path = "/v1/me";
    r.id = "req-1";
    r.client_address = "192.0.2.7";
    r.until = mita::deadline::after(std::chrono::seconds(5));
    return r;
}

std::string head_of(const http::request& r, std::size_t body = 0) {
    std::string out;
    write_upstream_head(out, r, body);
    return out;
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("R17: identity and forwarding headers from outside are dropped, in any case and with underscores") {
    auto r = sample();
    for (const char* name :
         {"X-User-Id", "x-user-id", "X_User_Id", "X-Auth-Role", "X-Forwarded-For", "X-Forwarded-Host", "Forwarded",
          "X-Real-IP", "X-Request-Deadline-Ms", "X-Request-Id", "traceparent"})
        r.headers.add({name, "evil"});
    r.headers.add({"Accept-Language", "bg"});
    const auto head = head_of(r);
    REQUIRE_FALSE(has(head, "evil"));
    REQUIRE(has(head, "Accept-Language: bg\r\n"));
    REQUIRE(has(head, "X-Forwarded-For: 192.0.2.7\r\n"));
    REQUIRE(has(head, "X-Request-Id: req-1\r\n"));
}

TEST_CASE("R8: hop-by-hop headers and those Connection names are removed, protected ones are not") {
    auto r = sample();
    r.headers.add({"Connection", "keep-alive, X-Secret-Hop, Authorization"});
    r.headers.add({"Keep-Alive", "timeout=5"});
    r.headers.add({"TE", "trailers"});
    r.headers.add({"Upgrade", "websocket"});
    r.headers.add({"X-Secret-Hop", "gone"});
    r.headers.add({"Authorization", "Bearer token"});
    r.headers.add({"X-Other-Hop", "gone"});
    r.headers.add({"connection", "\tx-other-hop "});  // the lists of several lines are one
    const auto head = head_of(r);
    for (const char* part : {"onnection:", "Keep-Alive", "TE:", "Upgrade", "X-Secret-Hop", "X-Other-Hop"})
        REQUIRE_FALSE(has(head, part));
    REQUIRE(has(head, "Authorization: Bearer token\r\n"));
}

TEST_CASE("R9: the framing upstream sees is ours") {
    auto r = sample();
    r.method = http::verb::post;
    r.headers.add({"Content-Length", "999"});
    r.headers.add({"Transfer-Encoding", "chunked"});
    r.headers.add({"Host", "evil.example"});
    const auto head = head_of(r, 12);
    REQUIRE(has(head, "Content-Length: 12\r\n"));
    REQUIRE_FALSE(has(head, "Content-Length: 999"));
    REQUIRE_FALSE(has(head, "chunked"));
    REQUIRE_FALSE(has(head, "evil.example"));
    REQUIRE(head.starts_with("POST /v1/me HTTP/1.1\r\n"));
    REQUIRE(head.ends_with("\r\n\r\n"));
}

TEST_CASE("R10: a HEAD goes on as GET and keeps the query") {
    auto r = sample();
    r.method = http::verb::head;
    r.query = "month=2026-04";
    REQUIRE(head_of(r).starts_with("GET /v1/me?month=2026-04 HTTP/1.1\r\n"));
}

TEST_CASE("The trace goes on with its flags, and its state with it") {
    auto r = sample();
    r.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
    r.span_id = "00f067aa0ba902b7";
    r.parent_span = "1234567890123456";
    r.headers.add({"TraceState", " foo=1 , bar=2"});
    r.headers.add({"tracestate", "baz=3"});
    for (const char* flags : {"00", "01", "02", "03"}) {
        r.trace_flags = flags;
        const auto head = head_of(r);
        REQUIRE(has(head, "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-" + std::string(flags) +
                              "\r\ntracestate: foo=1,bar=2,baz=3\r\n"));
        REQUIRE_FALSE(has(head, "TraceState"));
    }
}

TEST_CASE("A tracestate without a valid parent, or a malformed one, is not sent on") {
    auto r = sample();
    r.trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
    r.span_id = "00f067aa0ba902b7";
    r.trace_flags = "02";
    r.headers.add({"tracestate", "foo=1"});
    REQUIRE_FALSE(has(head_of(r), "tracestate"));
    r.parent_span = "1234567890123456";
    REQUIRE(has(head_of(r), "tracestate: foo=1\r\n"));
    r.headers.add({"tracestate", "FOO=1"});
    REQUIRE_FALSE(has(head_of(r), "tracestate"));
    REQUIRE(has(head_of(r), "-02\r\nX-Forwarded-For"));
}

TEST_CASE("R18, R20: what the pass decides is not decided by a service, in any case and with underscores") {
    http::header_list from;
    for (const char* name :
         {"Access-Control-Allow-Origin", "access-control-allow-credentials", "Access_Control_Max_Age", "X-Powered-By",
          "RateLimit", "RateLimit-Policy", "X-RateLimit-Limit", "Alt-Svc", "Timing-Allow-Origin"})
        from.add({name, "inner"});
    from.add({"Vary", "Accept"});
    from.add({"Access", "mine"});
    http::response res;
    copy_answer_headers(res, from);
    REQUIRE(res.head_block == "Vary: Accept\r\nAccess: mine\r\n");
}

TEST_CASE("R16: an answer's hop-by-hop and own headers do not pass, the others do") {
    http::header_list from;
    for (const char* name : {"Connection", "Transfer-Encoding", "Content-Length", "Date", "Server", "X-Request-Id",
                             "Content-Security-Policy"})
        from.add({name, "inner"});
    from.add({"ETag", "\"7\""});
    from.add({"Content-Type", "application/json"});
    from.add({"Retry-After", "1"});
    http::response res;
    copy_answer_headers(res, from);
    REQUIRE(res.head_block == "ETag: \"7\"\r\nRetry-After: 1\r\n");
    REQUIRE(res.content_type == "application/json");
}

TEST_CASE("R21: the type of an answer that is encoded already, or more than plain JSON, passes as a service wrote it") {
    const auto passed = [](std::string_view type, std::string_view encoding) {
        http::header_list from;
        from.add({"content-type", type});
        if (!encoding.empty()) from.add({"content-encoding", encoding});
        http::response res;
        res.content_type = {};
        copy_answer_headers(res, from);
        return std::pair(std::string(res.content_type), res.head_block);
    };
    REQUIRE(passed("application/json", "") == std::pair<std::string, std::string>("application/json", ""));
    REQUIRE(passed("application/json", "br").second == "content-type: application/json\r\ncontent-encoding: br\r\n");
    REQUIRE(passed("application/json;charset=utf-8", "").second == "content-type: application/json;charset=utf-8\r\n");
    REQUIRE(passed("text/csv", "").first.empty());
}

TEST_CASE("R21: services never hear of a packed copy's tag") {
    auto r = sample();
    r.headers.add({"If-Match", "\"v1-gzip\", W/\"v2-gzip\", \"-gzip-v3\""});
    REQUIRE(has(head_of(r), "If-Match: \"v1\", W/\"v2\", \"-gzip-v3\"\r\n"));
    r.headers.clear();
    r.headers.add({"If-None-Match", "\"v1-gzip\""});
    REQUIRE(has(head_of(r), "If-None-Match: \"v1-gzip\"\r\n"));  // who does not take gzip has no use for that copy
    r.headers.add({"Accept-Encoding", "gzip"});
    REQUIRE(has(head_of(r), "If-None-Match: \"v1\"\r\n"));
}

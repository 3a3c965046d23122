// The server: what every answer carries, and who may say what about a request.
#include "test_service.hpp"

#include <catch2/catch.hpp>

using namespace test_http;
using namespace std::chrono_literals;

TEST_CASE("R19: every answer carries its request id, trace, date and the security headers") {
    running r;
    for (const std::string& bytes : {get("/hit"), get("/missing"), get("/fails"), std::string("BROKEN\r\n\r\n"),
                                     std::string("GET / HTTP/1.1\r\n\r\n")}) {
        INFO(bytes);
        const raw::answer a = r.ask(bytes);
        REQUIRE(a.complete);
        CHECK(matches_uuid7(a.header("x-request-id")));
        CHECK(a.header("traceparent").size() == 55);
        CHECK(a.header("date").size() == 29);
        CHECK(a.header("x-content-type-options") == "nosniff");
        CHECK(a.header("x-frame-options") == "DENY");
        CHECK(a.header("content-security-policy") == "default-src 'none'; frame-ancestors 'none'");
        CHECK(a.header("referrer-policy") == "no-referrer");
        CHECK(a.header("cache-control") == "no-store");
        CHECK(a.header("strict-transport-security").find("max-age=") == 0);
        if (a.status >= 400) {
            CHECK(a.header("content-type") == "application/problem+json");
            CHECK(a.body.find("\"request_id\":\"" + a.header("x-request-id") + "\"") != std::string::npos);
        }
    }
}

TEST_CASE("R19: a handler's own security headers replace the standing ones, and its values cannot end a line") {
    running r;
    const raw::answer a = r.ask(get("/headers"));
    CHECK(a.header("cache-control") == "max-age=60");
    CHECK(a.header("content-security-policy") == "default-src 'self'");
    CHECK(a.header("x-own") == "1");
    CHECK(a.header("x-frame-options") == "DENY");
    CHECK(a.header("injected").empty());
    CHECK(a.header("x-bad") == "a  Injected: yes");
    CHECK(a.head.find("no-store") == std::string::npos);
    CHECK(a.head.find("default-src 'none'") == std::string::npos);
}

TEST_CASE("R10: HEAD and 204 have no body, and the connection goes on") {
    running r;
    raw::socket s = r.connect();
    s.send(
        "HEAD /hit HTTP/1.1\r\nHost: h\r\n\r\nDELETE /nothing HTTP/1.1\r\nHost: h\r\n\r\nHEAD /missing "
        "HTTP/1.1\r\nHost: h\r\n\r\nHEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n" +
        get("/hit"));
    const raw::answer head = s.read(true);
    CHECK(head.status == 200);
    CHECK(head.header("content-length") == "11");
    const raw::answer none = s.read();
    CHECK(none.status == 204);
    CHECK(none.header("content-length").empty());
    CHECK(none.header("content-type").empty());
    CHECK(s.read(true).status == 404);
    CHECK(s.read(true).status == 200);
    CHECK(s.read().body == "{\"ok\":true}");
}

TEST_CASE("HTTP/1.0 closes unless asked to keep, and never sees chunks") {
    running r;
    raw::socket s = r.connect();
    s.send("GET /hit HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const raw::answer kept = s.read();
    CHECK(kept.header("connection") == "keep-alive");
    s.send("GET /stream HTTP/1.0\r\n\r\n");
    const raw::answer a = s.read();
    CHECK(a.header("transfer-encoding").empty());
    CHECK(a.body.size() == 20000);
    raw::socket t = r.connect();
    t.send("GET /hit HTTP/1.0\r\n\r\n");
    CHECK(t.read().header("connection") == "close");
    CHECK(t.ended());
}

TEST_CASE(
    "R17: deadlines and forwarding headers count from trusted peers only; a valid id or trace is continued for "
    "anybody") {
    const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736", span = "00f067aa0ba902b7";
    const std::string lines =
        "X-Request-Id: abc-1._\r\nX-Request-Deadline-Ms: 40\r\nX-Forwarded-For: 8.8.8.8, 9.9.9.9, "
        "127.0.0.2\r\ntraceparent: 00-" +
        trace + "-" + span + "-01\r\n";
    running r;
    raw::answer a = r.ask(get("/describe/7", lines));
    CHECK(a.body.find("abc-1._|" + trace + "|" + span + "|01|9.9.9.9|") == 0);
    CHECK(a.header("x-request-id") == "abc-1._");
    CHECK(a.header("traceparent").find("00-" + trace + "-") == 0);
    CHECK(a.header("traceparent").find(span) == std::string::npos);
    CHECK(std::stoi(a.body.substr(a.body.find("9.9.9.9|") + 8)) <= 40);
    CHECK(a.body.substr(a.body.size() - 2) == "|7");
    for (const char* id : {"", "a b", "a/b", "\xc3\xa9"})
        CHECK(matches_uuid7(r.ask(get("/hit", "X-Request-Id: " + std::string(id) + "\r\n")).header("x-request-id")));
    CHECK(matches_uuid7(r.ask(get("/hit", "X-Request-Id: " + std::string(65, 'a') + "\r\n")).header("x-request-id")));

    server_options o = quick();
    o.trusted_peers = {"10.0.0.0/8"};
    running strict(o);
    a = strict.ask(get("/describe/7", lines));
    CHECK(a.header("x-request-id") == "abc-1._");
    CHECK(a.body.find("|127.0.0.1|") != std::string::npos);
    CHECK(a.body.find(trace) != std::string::npos);
    CHECK(std::stoi(a.body.substr(a.body.find("127.0.0.1|") + 10)) > 1000);
}

TEST_CASE("R13: 404, 405 with Allow, OPTIONS and 415 are told apart") {
    running r;
    CHECK(r.ask(get("/missing")).status == 404);
    const raw::answer not_allowed = r.ask("DELETE /echo HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(not_allowed.status == 405);
    CHECK(not_allowed.header("allow") == "POST, PUT, PATCH, OPTIONS");
    const raw::answer options = r.ask("OPTIONS /hit HTTP/1.1\r\nHost: h\r\n\r\n");
    CHECK(options.status == 204);
    CHECK(options.header("allow") == "GET, HEAD, POST, OPTIONS");
    CHECK(r.ask("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").status == 204);
    const auto with_type = [&](const std::string& verb, const std::string& type) {
        return r
            .ask(verb + " /echo HTTP/1.1\r\nHost: h\r\n" + (type.empty() ? "" : "Content-Type: " + type + "\r\n") +
                 "Content-Length: 2\r\n\r\n{}")
            .status;
    };
    CHECK(with_type("PUT", "application/json") == 200);
    CHECK(with_type("PUT", "application/json; charset=UTF-8") == 200);
    CHECK(with_type("PUT", "application/merge-patch+json") == 415);
    CHECK(with_type("PATCH", "application/merge-patch+json") == 200);
    CHECK(with_type("PUT", "text/plain") == 415);
    CHECK(with_type("PUT", "") == 415);
    CHECK(r.ask("PUT /echo HTTP/1.1\r\nHost: h\r\n\r\n").status == 200);
}

TEST_CASE("Handlers' exceptions become problems; text of ours goes to the log and not to the client") {
    running r;
    const raw::answer api = r.ask(get("/fails?api"));
    CHECK(api.status == 409);
    CHECK(api.header("retry-after") == "3");
    CHECK(r.ask(get("/fails?db")).status == 503);
    CHECK(r.ask(get("/fails?deadline")).status == 504);
    const raw::answer broken = r.ask(get("/fails?token=sesame", "X-Request-Id: find-me\r\n"));
    CHECK(broken.status == 500);
    CHECK(broken.body.find("SELECT") == std::string::npos);
    r.stop();  // lines are written after their answers
    const std::string text = r.logged();
    CHECK(text.find("SELECT secret FROM t") != std::string::npos);
    CHECK(text.find("\"request_id\":\"find-me\"") != std::string::npos);
    CHECK(text.find("\"route\":\"/fails\"") != std::string::npos);
    CHECK(text.find("\"reason\":\"internal\"") != std::string::npos);
    CHECK(text.find("sesame") == std::string::npos);
}

TEST_CASE("Requests are counted and timed by route template; all are logged on request") {
    server_options o = quick();
    o.log_requests = true;
    running r(o);
    for (int i = 0; i < 3; ++i) r.ask(get("/describe/" + std::to_string(i)));
    r.ask(get("/missing"));
    r.stop();
    const std::string text = r.registry.expose();
    const auto has = [&text](const std::string& s) { return text.find(s) != std::string::npos; };
    CHECK(has(R"(mita_http_requests_total{method="GET",route="/describe/{x}",service="test",status="200"} 3)"));
    CHECK(has("route=\"unmatched\""));
    CHECK(has("mita_http_request_duration_seconds_bucket"));
    CHECK(has("mita_http_requests_in_flight{service=\"test\"} 0"));
    CHECK(r.logged().find("\"path\":\"/describe/2\"") != std::string::npos);
}

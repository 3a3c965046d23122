#include "http/message.hpp"
#include "core/deadline.hpp"
#include "core/error.hpp"
#include "http/percent.hpp"
#include "http/problem.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>

using namespace mita;
using namespace mita::http;

namespace {

void add(request& r, std::string_view name, std::string_view value) {
    header h;
    h.name = name;
    h.value = value;
    REQUIRE(r.headers.add(h));
}

unsigned status_of(std::exception_ptr e, response& out, std::string& detail, exception_mapper mapper = nullptr) {
    auto req = std::make_unique<request>();
    req->path = "/v1/x";
    req->id = "r-1";
    return write_exception(out, *req, e, detail, mapper);
}

}  // namespace

TEST_CASE("Query parameters are decoded, taken once, and the rest is unknown") {
    query_params q("a=1&b=x%20y+z&c&%c3%a9=%E2%82%AC");
    CHECK(q.take("a") == "1");
    CHECK(q.take("b") == "x y z");
    CHECK(q.take("c") == "");
    CHECK(q.take("d") == std::nullopt);
    CHECK_THROWS_AS(q.finish(), api_error);
    CHECK(q.take("\xc3\xa9") == "\xe2\x82\xac");
    CHECK_NOTHROW(q.finish());
    CHECK_NOTHROW(query_params("").finish());
}

TEST_CASE("Malformed and repeated query parameters are 400 malformed_query") {
    std::string many;
    for (int i = 0; i < 65; ++i) many += "a" + std::to_string(i) + "&";
    for (const std::string& raw : std::vector<std::string>{"a=%", "a=%4", "a=%zz", "a=%ff", "a=%c3", "a=%ed%a0%80",
                                                           "a=%00", "a=1&a=2", "a=1&%61=2", "=1", many}) {
        INFO(raw);
        try {
            query_params q(raw);
            FAIL("accepted");
        } catch (const api_error& e) {
            CHECK(e.status == 400);
            CHECK(e.code == "malformed_query");
        }
    }
}

TEST_CASE("If-None-Match compares weakly and If-Match strongly, in lists and with *") {
    const struct {
        const char* field;
        bool weak, strong;
    } cases[] = {
        {"\"v1\"", true, true},
        {"W/\"v1\"", true, false},
        {"*", true, true},
        {"\"a\", \"v1\"", true, true},
        {"\"a,\",\"v1\"", true, true},
        {"\"a\" ,W/\"v1\"", true, false},
        {"\"v2\"", false, false},
        {"v1", false, false},
        {"\"v1", false, false},
        {"", false, false},
        {"w/\"v1\"", false, false},
        {"\"a\" \"v1\"", false, false},
    };
    for (const auto& c : cases) {
        INFO(c.field);
        auto req = std::make_unique<request>();
        add(*req, "IF-NONE-MATCH", c.field);
        add(*req, "If-Match", c.field);
        CHECK(json_with_etag(*req, "{}", "v1").status == (c.weak ? 304u : 200u));
        if (c.strong) {
            CHECK_NOTHROW(require_if_match(*req, "v1"));
        } else {
            try {
                require_if_match(*req, "v1");
                FAIL("accepted");
            } catch (const api_error& e) {
                CHECK(e.status == 412);
                CHECK(e.code == "precondition_failed");
                REQUIRE(e.headers.size() == 1);
                CHECK(e.headers[0].second == "\"v1\"");
            }
        }
    }
    request none;
    CHECK(json_with_etag(none, "{}", "v1").status == 200);
    try {
        require_if_match(none, "v1");
        FAIL("accepted");
    } catch (const api_error& e) {
        CHECK(e.status == 428);
    }
}

TEST_CASE("A 304 carries the ETag and no body; a POST is never answered 304") {
    request req;
    add(req, "If-None-Match", "\"v1\"");
    const response r = json_with_etag(req, "{\"a\":1}", "v1");
    CHECK(r.body.empty());
    REQUIRE(r.headers.size() >= 1);
    CHECK(r.headers[0].first == "ETag");
    CHECK(r.headers[0].second == "\"v1\"");
    req.method = verb::post;
    CHECK(json_with_etag(req, "{}", "v1", 201).status == 201);
}

TEST_CASE(
    "Media types are compared without regard to case; parameters mean nothing but a charset, which must be utf-8") {
    CHECK(is_media_type("application/json", "application/json"));
    CHECK(is_media_type("Application/JSON ; Charset=UTF-8", "application/json"));
    CHECK(is_media_type("application/json;charset=\"utf-8\"", "application/json"));
    for (const char* good : {"application/json;", "application/json ; ; charset=utf-8 ;", "application/json; version=1",
                             "application/json; v=\"charset=latin1\"; charset=utf-8"})
        CHECK(is_media_type(good, "application/json"));
    for (const char* bad :
         {"application/json; charset=latin1", "application/json; charset", "application/json; charset=utf8",
          "application/json; v=1; charset=utf-16", "application/json, text/plain", "application/json x"})
        CHECK_FALSE(is_media_type(bad, "application/json"));
    CHECK_FALSE(is_media_type("application/jsonx", "application/json"));
    CHECK_FALSE(is_media_type("text/json", "application/json"));
    CHECK_FALSE(is_media_type("", "application/json"));
}

TEST_CASE("An api_error becomes problem+json with every finding, escaped") {
    request req;
    req.path = "/v1/x";
    req.id = "r-1";
    response out;
    out.body = "old";
    write_problem(
        out, req,
        api_error(422, "validation_failed", "bad \"input\"", {{"/a", "too_long", "x\ny"}, {"/b", "missing", "z"}}));
    CHECK(out.status == 422);
    CHECK(out.content_type == "application/problem+json");
    CHECK(
        out.body ==
        R"({"type":"about:blank","title":"Unprocessable Content","status":422,"detail":"bad \"input\"","instance":"/v1/x",)"
        R"("code":"validation_failed","request_id":"r-1","errors":[{"pointer":"/a","code":"too_long","detail":"x\ny"},)"
        R"({"pointer":"/b","code":"missing","detail":"z"}]})");
}

TEST_CASE("401 brings WWW-Authenticate, 429 and 503 Retry-After, once") {
    request req;
    response out;
    write_problem(out, req, api_error(401, "unauthorized", "no"));
    REQUIRE(out.headers.size() == 1);
    CHECK(out.headers[0] == std::pair<std::string, std::string>("WWW-Authenticate", "Bearer"));
    write_problem(out, req, api_error(429, "rate_limited", "no").with_header("Retry-After", "7"));
    REQUIRE(out.headers.size() == 1);
    CHECK(out.headers[0].second == "7");
    write_problem(out, req, api_error(503, "unavailable", "no"));
    REQUIRE(out.headers.size() == 1);
    CHECK(out.headers[0].first == "Retry-After");
}

TEST_CASE("Exceptions become statuses and never leak their text") {
    response out;
    std::string detail;
    CHECK(status_of(std::make_exception_ptr(deadline_exceeded()), out, detail) == 504);
    CHECK(out.code == "deadline_exceeded");
    CHECK(status_of(std::make_exception_ptr(std::bad_alloc()), out, detail) == 503);
    CHECK(out.code == "overloaded");
    CHECK(out.headers[0].second == "1");
    CHECK(detail == "out of memory");
    CHECK(status_of(std::make_exception_ptr(overloaded("queue full", 3)), out, detail) == 503);
    CHECK(out.headers[0].second == "3");
    CHECK(status_of(std::make_exception_ptr(std::runtime_error("SELECT secret")), out, detail) == 500);
    CHECK(out.code == "internal");
    CHECK(detail == "SELECT secret");
    CHECK(out.body.find("SELECT") == std::string::npos);
    CHECK(status_of(std::make_exception_ptr(7), out, detail) == 500);
    CHECK(status_of(std::make_exception_ptr(api_error(404, "not_found", "x")), out, detail) == 404);
    CHECK(detail.empty());
    const exception_mapper mapper = [](const std::exception&) -> std::optional<api_error> {
        return api_error(503, "unavailable", "db");
    };
    CHECK(status_of(std::make_exception_ptr(std::runtime_error("57P01")), out, detail, mapper) == 503);
    CHECK(out.code == "unavailable");
    CHECK(detail == "57P01");
}

TEST_CASE("Verbs are case-sensitive and round-trip") {
    for (const verb v : {verb::get, verb::head, verb::post, verb::put, verb::patch, verb::del, verb::options})
        CHECK(parse_verb(name(v)) == v);
    CHECK_FALSE(parse_verb("get"));
    CHECK_FALSE(parse_verb("CONNECT"));
}

TEST_CASE("Names are equal without regard to case, byte for byte, and only letters have a case") {
    const auto slow = [](std::string_view a, std::string_view b) {
        if (a.size() != b.size()) return false;
        for (std::size_t i = 0; i < a.size(); ++i) {
            const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
            if (lower(a[i]) != lower(b[i])) return false;
        }
        return true;
    };
    for (std::size_t n = 0; n < 20; ++n) {
        for (std::size_t at = 0; at < std::max<std::size_t>(n, 1); ++at) {
            for (int x = 0; x < 256; ++x) {
                std::string a(n, 'x'), b(n, 'X');
                if (n > 0) {
                    a[at] = static_cast<char>(x);
                    for (const int y : {x, x ^ 0x20, x ^ 0x80, x ^ 1}) {
                        b[at] = static_cast<char>(y);
                        if (iequals(a, b) != slow(a, b)) FAIL(n << " " << at << " " << x << " " << y);
                    }
                }
                if (iequals(a, b) != slow(a, b)) FAIL(n << " " << x);
            }
        }
    }
    CHECK_FALSE(iequals("abc", "abcd"));
}

TEST_CASE("R14: what is percent-encoded reads as it was, and only the unreserved stays as it is") {
    CHECK(http::percent_encode("aZ09-._~") == "aZ09-._~");
    CHECK(http::percent_encode("a b+c&d=e/%") == "a%20b%2Bc%26d%3De%2F%25");
    CHECK(http::percent_encode("αß") == "%CE%B1%C3%9F");
    std::string every;
    for (char c = 1; c < 127; ++c) every += c;
    every += "αß☃";
    CHECK(http::percent_decode(http::percent_encode(every)) == every);
    CHECK(http::percent_decode(http::percent_encode(every), true) == every);
}

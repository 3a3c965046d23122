#include "finance/once/idempotency.hpp"

#include "core/error.hpp"
#include "core/json_reader.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace mita;
using namespace mita::finance;

namespace {

http::request asked(std::string_view key) {
    http::request req;
    req.method = http::verb::post;
    req.path = "/v1/transactions";
    req.headers.add({"idempotency-key", key});
    return req;
}

std::string code_of(std::string_view key) {
    try {
        read_key(asked(key), true);
    } catch (const api_error& e) {
        REQUIRE(e.status == 400);
        return e.code;
    }
    return "taken";
}

std::string fingerprint_of_body(std::string_view body) {
    const json_document doc(body);
    return fingerprint_of(doc.value());
}

kept_answer keep(const keyed_request& key, const http::response& answer) {
    return {key.fingerprint, static_cast<int>(answer.status), header_lines(answer), answer.body};
}

}  // namespace

TEST_CASE("a key has 1 to 255 visible ASCII characters") {
    for (const std::string& good : {std::string("k"), std::string(255, 'k'), std::string("\"8e03978e-40d5\"")})
        CHECK(read_key(asked(good), true) == good);
    for (const std::string& bad : {std::string(), std::string(256, 'k'), std::string("two words"), std::string("tab\t"),
                                   std::string("\xc3\xa9"), std::string("\x7f")})
        CHECK(code_of(bad) == "idempotency_key_invalid");
}

TEST_CASE("a missing key is refused where it is required and absent where not") {
    http::request none;
    CHECK(read_key(none, false) == std::nullopt);
    try {
        read_key(none, true);
        FAIL("accepted");
    } catch (const api_error& e) {
        CHECK(e.status == 400);
        CHECK(e.code == "idempotency_key_required");
    }
}

TEST_CASE("the fingerprint is of the meaning of a body, not of its spelling") {
    const auto print = fingerprint_of_body(R"({"money":{"amount":-1250,"currency":"EUR"},"category":"groceries"})");
    CHECK(print.size() == 32);
    CHECK(print ==
          fingerprint_of_body("{ \"category\" : \"groceries\",\n\"money\": {\"currency\":\"EUR\",\"amount\":-1250} }"));
    CHECK(print == fingerprint_of_body(R"({"money":{"amount":-1250,"currency":"EUR"},"category":"gr\u006fceries"})"));
    CHECK(print != fingerprint_of_body(R"({"money":{"amount":-1251,"currency":"EUR"},"category":"groceries"})"));
    CHECK(print !=
          fingerprint_of_body(R"({"money":{"amount":-1250,"currency":"EUR"},"category":"groceries","note":null})"));
}

TEST_CASE("the fingerprint keeps the order of arrays and tells nesting and types apart") {
    CHECK(fingerprint_of_body(R"({"tags":["a","b"]})") != fingerprint_of_body(R"({"tags":["b","a"]})"));
    CHECK(fingerprint_of_body(R"({"tags":["a,b"]})") != fingerprint_of_body(R"({"tags":["a","b"]})"));
    CHECK(fingerprint_of_body(R"({"a":{"b":1}})") != fingerprint_of_body(R"({"a":1,"b":{}})"));
    CHECK(fingerprint_of_body(R"({"a":1})") != fingerprint_of_body(R"({"a":"1"})"));
    CHECK(fingerprint_of_body(R"({"a":9007199254740993})") != fingerprint_of_body(R"({"a":9007199254740992})"));
    CHECK(fingerprint_of_nothing() != fingerprint_of_body("{}"));
}

TEST_CASE("a replay is the first answer byte for byte with its headers, and says so") {
    const auto key = key_of(asked("k"), "k", fingerprint_of_body("{}"));
    CHECK(key.scope == "POST /v1/transactions");
    auto first = http::json(201, R"({"id":"x","note":"línea"})");
    http::with_header(first, "ETag", "\"t1\"");
    http::with_header(first, "Location", "/v1/transactions/x");
    const auto again = replay(keep(key, first), key);
    CHECK(again.status == 201);
    CHECK(again.body == first.body);
    auto headers = first.headers;
    headers.emplace_back("Idempotency-Replayed", "true");
    CHECK(again.headers == headers);
}

TEST_CASE("a key used for another body is a mismatch") {
    const auto key = key_of(asked("k"), "k", fingerprint_of_body("{}"));
    const auto kept = keep(key, http::json(201, "{}"));
    auto other = key;
    other.fingerprint = fingerprint_of_body(R"({"a":1})");
    try {
        replay(kept, other);
        FAIL("replayed");
    } catch (const api_error& e) {
        CHECK(e.status == 422);
        CHECK(e.code == "idempotency_mismatch");
    }
}

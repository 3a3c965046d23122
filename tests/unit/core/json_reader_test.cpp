#include "core/json_reader.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <algorithm>

using mita::api_error;
using mita::json_document;
using mita::json_object;

namespace {

constexpr std::int64_t safe = (std::int64_t{1} << 53) - 1;

// "status code [pointer=code ...]" of what `read` throws for the text, or "ok".
template <class Read>
std::string outcome(std::string_view text, Read read, mita::json_limits limits = {}) {
    try {
        json_document doc(text, limits);
        auto in = doc.object();
        read(in);
        doc.finish();
    } catch (const api_error& e) {
        auto out = std::to_string(e.status) + " " + e.code;
        for (const auto& f : e.errors) out += " " + f.pointer + "=" + f.code;
        return out;
    }
    return "ok";
}

std::string parsed(std::string_view text, mita::json_limits limits = {}) {
    try {
        json_document doc(text, limits);
    } catch (const api_error& e) {
        return std::to_string(e.status) + " " + e.code + (e.errors.empty() ? "" : " " + e.errors[0].pointer);
    }
    return "ok";
}

std::string integer_outcome(const std::string& number) {
    return outcome("{\"n\":" + number + "}", [](json_object& in) { in.integer("n", -safe, safe); });
}

std::string string_outcome(const std::string& text) {
    return outcome("{\"s\":" + text + "}", [](json_object& in) { in.string("s", 1, 5); });
}

std::string as_written(const boost::json::value& v) {
    std::string out;
    mita::append_json(out, v);
    return out;
}

std::string in_quotes(std::string_view text) {
    std::string out;
    mita::append_json_string(out, text);
    return out;
}

}  // namespace

TEST_CASE("a request body is read member by member") {
    json_document doc(R"({"email":"ada@example.org","age":36,"admin":true,"id":"018f4e2a-7b3c-7d4e-8f5a-6b7c8d9e0f1a",
        "money":{"amount":-1250,"currency":"EUR"},"tags":["a","b"],"splits":[{"n":1},{"n":2}],"days":[1,2,3],"note":null})");
    auto in = doc.object();
    CHECK(in.string("email", 3, 254) == "ada@example.org");
    CHECK(in.integer("age", 0, 150) == 36);
    CHECK(in.boolean("admin"));
    CHECK(in.id("id").str() == "018f4e2a-7b3c-7d4e-8f5a-6b7c8d9e0f1a");
    auto money = in.object("money");
    CHECK(money.integer("amount", -safe, safe) == -1250);
    CHECK(money.string("currency", 3, 3) == "EUR");
    CHECK(in.strings("tags", 5, 10) == std::vector<std::string>{"a", "b"});
    auto splits = in.objects("splits", 10);
    REQUIRE(splits.size() == 2);
    CHECK(splits[0].integer("n", 0, 9) == 1);
    CHECK(splits[1].integer("n", 0, 9) == 2);
    CHECK(splits[1].pointer("n") == "/splits/1/n");
    CHECK(in.integers("days", 5, 1, 31) == std::vector<std::int64_t>{1, 2, 3});
    CHECK(in.has("note"));
    CHECK(in.is_null("note"));
    CHECK_FALSE(in.optional_string("note", 0, 9).has_value());
    CHECK_FALSE(in.optional_integer("missing", 0, 9).has_value());
    CHECK_FALSE(in.optional_id("missing").has_value());
    CHECK_FALSE(in.optional_object("missing").has_value());
    CHECK(in.strings("missing", 5, 10).empty());
    CHECK_NOTHROW(doc.finish());
}

TEST_CASE("all findings come back at once, each with its pointer") {
    const auto got = outcome(
        R"({"email":"x","age":1.5,"admin":"yes","id":"nope","money":{"amount":"5","extra":1},"tags":["ok",7],"a/b~c":1})",
        [](json_object& in) {
            in.string("email", 3, 254);
            in.integer("age", 0, 150);
            in.boolean("admin");
            in.id("id");
            auto money = in.object("money");
            money.integer("amount", 0, 9);
            money.string("currency", 3, 3);
            in.strings("tags", 5, 10);
            in.string("name", 1, 9);
            in.fail("email", "taken", "Is in use.");
        });
    CHECK(got ==
          "422 validation_failed /email=too_short /age=not_an_integer /admin=wrong_type /id=invalid_id "
          "/money/amount=wrong_type /money/currency=required /tags/1=wrong_type /name=required /email=taken "
          "/a~1b~0c=unknown_field /money/extra=unknown_field");
}

TEST_CASE("a missing or mistyped object gives one finding and not one for each of its members") {
    const auto read = [](json_object& in) {
        auto money = in.object("money");
        CHECK_FALSE(money.valid());
        CHECK(money.integer("amount", 7, 9) == 7);
        CHECK(money.string("currency", 3, 3).empty());
        CHECK(money.id("id").is_nil());
        CHECK_FALSE(money.boolean("b"));
        CHECK(money.objects("list", 3).empty());
        CHECK_FALSE(money.object("deeper").valid());
        CHECK(money.raw("x") == nullptr);
    };
    CHECK(outcome("{}", read) == "422 validation_failed /money=required");
    CHECK(outcome(R"({"money":5})", read) == "422 validation_failed /money=wrong_type");
    CHECK(outcome(R"({"money":null})", read) == "422 validation_failed /money=wrong_type");
    CHECK(outcome("[]", [](json_object& in) { in.string("a", 1, 2); }) == "422 validation_failed =wrong_type");
}

TEST_CASE("integers are those written as integers, within bounds") {
    for (const char* good : {"0", "5", "-5", "9007199254740991", "-9007199254740991"})
        CHECK(integer_outcome(good) == "ok");
    for (const char* bad : {"5.0", "1e3", "1E3", "-0", "-0.0", "0.0", "5e0", "1e300", "1e999999999", "-1e999999999",
                            "123456789012345678901234567890.5"})
        CHECK(integer_outcome(bad) == "422 validation_failed /n=not_an_integer");
    for (const char* bad : {"9007199254740992", "-9007199254740992", "9223372036854775808", "18446744073709551615",
                            "18446744073709551616", "-9223372036854775809", "99999999999999999999999999999999"})
        CHECK(integer_outcome(bad) == "422 validation_failed /n=out_of_range");
    for (const char* bad : {"\"5\"", "true", "null", "[]", "{}"})
        CHECK(integer_outcome(bad) == "422 validation_failed /n=wrong_type");
    const auto long_zero = "1" + std::string(400, '0');
    CHECK(integer_outcome(long_zero) == "422 validation_failed /n=out_of_range");
}

TEST_CASE("every 64-bit integer survives reading exactly") {
    CHECK(rc::check("read back what was written", [](std::int64_t n) {
        json_document doc("{\"n\":" + std::to_string(n) + "}");
        auto in = doc.object();
        RC_ASSERT(in.integer("n", std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()) ==
                  n);
        doc.finish();
    }));
}

TEST_CASE("string lengths count code points") {
    CHECK(string_outcome("\"\"") == "422 validation_failed /s=too_short");
    CHECK(string_outcome("\"\xc3\xa4\xc3\xb6\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\"") == "ok");
    CHECK(string_outcome("\"\\u00e4\\u00f6\\u00fc\\u20ac\\ud83d\\ude00\"") == "ok");
    CHECK(string_outcome("\"abcdef\"") == "422 validation_failed /s=too_long");
}

TEST_CASE("NUL and control characters in strings are refused, line feed and tab are not") {
    for (const char* bad : {"\"\\u0000\"", "\"a\\u0000b\"", "\"\\u001b\"", "\"\\r\"", "\"\\b\"", "\"\\u007f\"",
                            "\"\\u0085\"", "\"\xc2\x9b\""})
        CHECK(string_outcome(bad) == "422 validation_failed /s=invalid_characters");
    CHECK(string_outcome("\"a\\n\\tb\"") == "ok");
    CHECK(parsed(std::string("{\"s\":\"a\0b\"}", 11)) == "400 malformed_json");
    CHECK(parsed("{\"s\":\"a\nb\"}") == "400 malformed_json");
}

TEST_CASE("a member given twice is refused with its pointer, however it is spelled") {
    CHECK(parsed(R"({"a":1,"b":2,"a":1})") == "400 duplicate_member /a");
    CHECK(parsed(R"({"a":1,"\u0061":2})") == "400 duplicate_member /a");
    CHECK(parsed(R"({"x":[{},{"k":{"a/b":1,"a\/b":2}}]})") == "400 duplicate_member /x/1/k/a~1b");
    CHECK(parsed(R"([[],[{"":1,"":2}]])") == "400 duplicate_member /1/0/");
    CHECK(parsed(R"({"z":1,"y":{"z":1},"x":[{"z":1},{"z":2}]})") == "ok");
    std::string many = "{";
    for (int i = 0; i < 15000; ++i) many += "\"member" + std::to_string(i) + "\":0,";
    CHECK(parsed(many + "\"member777\":0}") == "400 duplicate_member /member777");
    CHECK(parsed(many + "\"last\":0}") == "ok");
}

TEST_CASE("long names and strings are kept whole") {
    const std::string name(5000, 'n');
    const std::string text(5000, 't');
    json_document doc("{\"" + name + "\\u0041\":\"" + text + "\\u0042" + text + "\"}");
    auto in = doc.object();
    CHECK(in.string(name + "A", 1, 20000) == text + "B" + text);
    CHECK_NOTHROW(doc.finish());
    CHECK(parsed("{\"" + name + "\\u0041\":1,\"" + name + "A\":2}") == "400 duplicate_member /" + name + "A");
}

TEST_CASE("what is not JSON is refused once, with 400") {
    for (const char* bad : {"{",
                            "}",
                            "{]",
                            "{\"a\"}",
                            "{\"a\":}",
                            "{a:1}",
                            "{'a':1}",
                            "{\"a\":1,}",
                            "[1,]",
                            "{} {}",
                            "{}x",
                            "nul",
                            "NaN",
                            "Infinity",
                            "-",
                            "01",
                            "+1",
                            ".5",
                            "1.",
                            "0x1",
                            "1e",
                            "//c\n{}",
                            "/**/{}",
                            "\xef\xbb\xbf{}",
                            "{\"a\":\"\\x\"}",
                            "{\"a\":\"\\u12\"}",
                            "\"abc",
                            "\v{}",
                            "{\"a\":tru}"}) {
        INFO(bad);
        CHECK(parsed(bad) == "400 malformed_json");
    }
    CHECK(parsed("") == "400 empty_body");
    CHECK(parsed(" \r\n\t") == "400 empty_body");
    CHECK(parsed(" {} \n") == "ok");
}

TEST_CASE("broken UTF-8 and lone surrogates are refused, in names too") {
    for (const char* bad : {"\x80", "\xc0\xaf", "\xc1\xbf", "\xc3", "\xe0\x80\xaf", "\xed\xa0\x80", "\xed\xb0\x80",
                            "\xf0\x80\x80\xaf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xe2\x82", "\\ud800",
                            "\\udc00", "\\ud800\\u0041", "\\ud800\\ud800", "\\udc00\\ud800", "\\ud800x"}) {
        CHECK(parsed("{\"a\":\"" + std::string(bad) + "\"}") == "400 malformed_json");
        CHECK(parsed("{\"" + std::string(bad) + "\":1}") == "400 malformed_json");
    }
}

TEST_CASE("depth and number of members are limited") {
    const auto nested = [](std::size_t n) { return std::string(n, '[') + std::string(n, ']'); };
    CHECK(parsed(nested(32)) == "ok");
    CHECK(parsed(nested(33)) == "400 malformed_json");
    CHECK(parsed(nested(100000)) == "400 malformed_json");
    mita::json_limits few;
    few.members = 3;
    CHECK(parsed("[1,2,3]", few) == "ok");
    CHECK(parsed("[1,2,3,4]", few) == "400 malformed_json");
    CHECK(parsed(R"({"a":1,"b":[1]})", few) == "ok");
    CHECK(parsed(R"({"a":1,"b":[1,2]})", few) == "400 malformed_json");
    CHECK(parsed("[[],[],[],[]]", few) == "400 malformed_json");
}

TEST_CASE("arrays have a bound and name the element at fault") {
    CHECK(outcome(R"({"a":[{},5,{}]})", [](json_object& in) {
              auto all = in.objects("a", 3);
              REQUIRE(all.size() == 3);
              CHECK_FALSE(all[1].valid());
          }) == "422 validation_failed /a/1=wrong_type");
    CHECK(outcome(R"({"a":[{},{},{}]})", [](json_object& in) { in.objects("a", 2); }) ==
          "422 validation_failed /a=too_many");
    CHECK(outcome(R"({"a":{}})", [](json_object& in) { in.objects("a", 2); }) == "422 validation_failed /a=wrong_type");
    CHECK(outcome("{}", [](json_object& in) { in.objects("a", 2); }) == "422 validation_failed /a=required");
    CHECK(outcome("{}", [](json_object& in) { in.objects("a", 2, false); }) == "ok");
    CHECK(outcome(R"({"a":[1,"2",40]})", [](json_object& in) { in.integers("a", 9, 1, 31); }) ==
          "422 validation_failed /a/1=wrong_type /a/2=out_of_range");
    CHECK(outcome(R"({"a":["x","long"]})", [](json_object& in) { in.strings("a", 9, 3); }) ==
          "422 validation_failed /a/1=too_long");
}

TEST_CASE("ids are well-formed and not nil") {
    const auto read = [](json_object& in) { in.optional_id("id"); };
    CHECK(outcome(R"({"id":"018f4e2a-7b3c-7d4e-8f5a-6b7c8d9e0f1a"})", read) == "ok");
    CHECK(outcome(R"({"id":null})", read) == "ok");
    CHECK(outcome(R"({"id":7})", read) == "422 validation_failed /id=wrong_type");
    CHECK(outcome(R"({"id":"00000000-0000-0000-0000-000000000000"})", read) == "422 validation_failed /id=invalid_id");
}

TEST_CASE("unknown members are told for objects that were read, and raw values count as read") {
    const auto read = [](json_object& in) {
        REQUIRE(in.raw("raw"));
        in.optional_object("seen");
        CHECK(in.has("only_looked_at"));
    };
    CHECK(outcome(R"({"raw":{"x":1},"seen":{"y":1},"only_looked_at":1})", read) ==
          "422 validation_failed /only_looked_at=unknown_field /seen/y=unknown_field");
}

TEST_CASE("an object read twice knows what either reader asked for") {
    CHECK(outcome(R"({"o":{"a":1,"b":2}})", [](json_object& in) {
              in.object("o").integer("a", 0, 9);
              in.object("o").integer("b", 0, 9);
          }) == "ok");
}

TEST_CASE("member names given by a caller need not outlive the call") {
    CHECK(outcome(R"({"category_1":1,"category_2":2})", [](json_object& in) {
              for (int i = 1; i <= 2; ++i) in.integer("category_" + std::to_string(i), 0, 9);
          }) == "ok");
}

TEST_CASE("findings are bounded, so that an answer is not larger than its question") {
    std::string body = "{";
    for (int i = 0; i < 5000; ++i) body += (i ? ",\"" : "\"") + std::to_string(i) + "\":0";
    try {
        json_document doc(body + "}");
        doc.object();
        doc.finish();
        FAIL("unknown members passed");
    } catch (const api_error& e) {
        CHECK(e.errors.size() == 100);
    }
}

TEST_CASE("a document written again is the text it came from") {
    const char* text =
        R"({"a":[1,-2,18446744073709551615,18446744073709551616,-9223372036854775809,1.5,true,false,null,"x\"\\y"],"b":{},"c":[],"e":"€"})";
    json_document doc(text);
    CHECK(as_written(doc.value()) == text);
    json_document again(as_written(doc.value()));
    CHECK(again.value() == doc.value());
}

TEST_CASE("a written string escapes controls and separators and replaces broken UTF-8") {
    CHECK(in_quotes("a\"b\\c/") == R"("a\"b\\c/")");
    CHECK(in_quotes(std::string_view("\n\r\t\0\x1b\x7f", 6)) == R"("\n\r\t\u0000\u001b\u007f")");
    CHECK(in_quotes("\xc2\x9b\xe2\x80\xa8\xe2\x80\xa9") == R"("\u009b\u2028\u2029")");
    CHECK(in_quotes("\xc3\xa4\xf0\x9f\x98\x80") == "\"\xc3\xa4\xf0\x9f\x98\x80\"");
    CHECK(in_quotes("a\xff"
                    "b\xe2\x82") ==
          "\"a\xef\xbf\xbd"
          "b\xef\xbf\xbd\"");
}

TEST_CASE("any bytes written as a string parse back, and valid text is unchanged") {
    CHECK(rc::check("append_json_string is always valid JSON", [](const std::string& text) {
        boost::json::value out;
        const auto fault = mita::parse_json(in_quotes(text), {}, out);
        RC_ASSERT(!fault.has_value());
        RC_ASSERT(out.is_string());
        if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
            RC_ASSERT(std::string_view(out.get_string()) == text);
    }));
}

TEST_CASE("arbitrary bytes never do worse than a fault") {
    CHECK(rc::check("parse_json returns", [](const std::string& noise) {
        boost::json::value out;
        mita::parse_json(noise, {}, out);
        mita::parse_json("{\"a\":" + noise + ",\"b\":\"" + noise + "\"}", {}, out);
    }));
}

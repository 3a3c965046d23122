// W3C Trace Context, levels 1 and 2: every case by its rule.
#include "http/trace_context.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace mita::http;

namespace {

const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736", span = "00f067aa0ba902b7";

std::string parent(const std::string& version = "00", const std::string& flags = "01", const std::string& more = "") {
    return version + '-' + trace + '-' + span + '-' + flags + more;
}

// What is sent on for these tracestate lines; "-" when nothing is.
std::string sent(const std::vector<std::string>& lines) {
    header_list headers;
    for (const auto& line : lines) headers.add({"TraceState", line});
    std::string out;
    const bool any = append_tracestate(out, headers);
    CHECK(any != out.empty());
    return any ? out : "-";
}

std::string numbered(int from, int to) {
    std::string out;
    for (int i = from; i <= to; ++i) out += (out.empty() ? "k" : ",k") + std::to_string(i) + "=v";
    return out;
}

}  // namespace

TEST_CASE("A traceparent of version 00 or of a later version is read") {
    for (const auto& [text, flags] : std::vector<std::pair<std::string, std::string>>{
             {parent(), "01"},
             {parent("00", "00"), "00"},
             {parent("00", "02"), "02"},
             {parent("00", "03"), "03"},
             {parent("00", "ff"), "03"},  // flags nobody defined are sent as 0
             {parent("00", "fc"), "00"},
             {parent("01"), "01"},
             {parent("cc"), "01"},
             {parent("cc", "03"), "01"},  // of a later version `sampled` is all that is known
             {parent("fe", "01", "-"), "01"},
             {parent("cc", "01", "-what-the-future-will-be-like"), "01"}}) {
        INFO(text);
        trace_context c;
        REQUIRE(parse_traceparent(text, c));
        CHECK(c.trace_id == trace);
        CHECK(c.parent_id == span);
        CHECK(c.flags == flags);
    }
}

TEST_CASE("A malformed traceparent is no traceparent") {
    const auto with = [](const std::string& t, const std::string& s, const std::string& f = "01") {
        return "00-" + t + '-' + s + '-' + f;
    };
    for (const auto& text : std::vector<std::string>{"",
                                                     "x",
                                                     parent("00", "01", "."),
                                                     parent("00", "01", "-"),
                                                     parent("00", "01", "-more"),
                                                     parent("cc", "01", ".more"),
                                                     parent("cc", "01", "0"),
                                                     parent("ff"),
                                                     parent(".0"),
                                                     parent("0."),
                                                     parent("000"),
                                                     parent("0"),
                                                     parent("CC"),
                                                     with(std::string(32, '0'), span),
                                                     with(trace, std::string(16, '0')),
                                                     with("." + trace.substr(1), span),
                                                     with(trace.substr(1) + ".", span),
                                                     with("4BF92F3577B34DA6A3CE929D0E0E4736", span),
                                                     with(trace + "1", span),
                                                     with(trace.substr(1), span),
                                                     with(trace, "." + span.substr(1)),
                                                     with(trace, "00F067AA0BA902B7"),
                                                     with(trace, span + "1"),
                                                     with(trace, span.substr(1)),
                                                     with(trace, span, ".0"),
                                                     with(trace, span, "0."),
                                                     with(trace, span, "0A"),
                                                     with(trace, span, "001"),
                                                     with(trace, span, "1"),
                                                     with(trace, span, ""),
                                                     "00_" + trace + '-' + span + "-01",
                                                     "00-" + trace + '_' + span + "-01"}) {
        INFO(text);
        trace_context c;
        CHECK_FALSE(parse_traceparent(text, c));
    }
}

TEST_CASE("tracestate lines are one list in their order, without what surrounds its members") {
    CHECK(sent({"foo=1"}) == "foo=1");
    CHECK(sent({"foo=1,bar=2", "rojo=1,congo=2", "baz=3"}) == "foo=1,bar=2,rojo=1,congo=2,baz=3");
    CHECK(sent({"foo=1 \t , \t bar=2, \t baz=3"}) == "foo=1,bar=2,baz=3");
    CHECK(sent({"\tfoo=1 \t"}) == "foo=1");
    CHECK(sent({"foo= leading spaces are the value's"}) == "foo= leading spaces are the value's");
}

TEST_CASE("Empty members mean nothing, and an empty list is not sent") {
    CHECK(sent({}) == "-");
    CHECK(sent({""}) == "-");
    CHECK(sent({" , \t,"}) == "-");
    CHECK(sent({"foo=1", ""}) == "foo=1");
    CHECK(sent({"", "foo=1,,bar=2,"}) == "foo=1,bar=2");
}

TEST_CASE("A tracestate with a malformed member goes as a whole") {
    std::string all;
    for (char c = 0x20; c < 0x7f; ++c)
        if (c != ',' && c != '=') all += c;
    CHECK(sent({"a-z0_*/@b=" + all}) == "a-z0_*/@b=" + all);
    CHECK(sent({"0=1"}) == "0=1");
    CHECK(sent({"foo@=1,foo@@bar=2,foo@bar@baz=3"}) == "foo@=1,foo@@bar=2,foo@bar@baz=3");  // level 2's keys
    for (const char* bad : {"foo", "foo=", "=1", "foo =1", "FOO=1", "foo.bar=1", "@foo=1", "_foo=1", "-foo=1", "*foo=1",
                            "foo=bar=baz", "foo=a\tb", "foo=\xc3\xa9", "f\xc3\xa9=1", "foo=\x7f"}) {
        INFO(bad);
        CHECK(sent({bad}) == "-");
        CHECK(sent({std::string("good=1,") + bad}) == "-");
        CHECK(sent({bad, "good=1"}) == "-");
    }
}

TEST_CASE("Keys and values are at most 256 characters, members at most 32") {
    const std::string key(256, 'z'), value(256, 'v');
    CHECK(sent({"foo=1", key + "=1"}) == "foo=1," + key + "=1");
    CHECK(sent({"foo=1", key + "z=1"}) == "-");
    CHECK(sent({"foo=" + value}) == "foo=" + value);
    CHECK(sent({"foo=" + value + "v"}) == "-");
    CHECK(sent({"foo=" + value + "  "}) == "foo=" + value);  // trailing spaces are not the value's
    const std::string tenant = std::string(241, 't') + '@' + std::string(14, 'v');
    CHECK(sent({"foo=1", tenant + "=1"}) == "foo=1," + tenant + "=1");
    CHECK(sent({numbered(1, 10), numbered(11, 32)}) == numbered(1, 32));
    CHECK(sent({numbered(1, 10), numbered(11, 32), ""}) == numbered(1, 32));
    CHECK(sent({numbered(1, 33)}) == "-");
    CHECK(sent({numbered(1, 32), "last=1"}) == "-");
}

TEST_CASE("Of a key that stands twice its first, newest, member is kept") {
    CHECK(sent({"foo=1,foo=1"}) == "foo=1");
    CHECK(sent({"foo=1,bar=2", "foo=2"}) == "foo=1,bar=2");
}

TEST_CASE("At least 512 characters are kept; beyond, whole members go, large ones first, then the last") {
    const auto sized = [](const std::string& name, std::size_t size) {
        return name + '=' + std::string(size - name.size() - 1, 'v');
    };
    const auto a = sized("a", 128), b = sized("b", 128), c = sized("c", 128), d = sized("d", 125);
    CHECK(sent({a, b, c, d}).size() == 512);
    CHECK(sent({a, b, c, sized("d", 126)}) == a + ',' + b + ',' + c);
    CHECK(sent({a, sized("l", 129), b, c, d}) == a + ',' + b + ',' + c + ',' + d);
    CHECK(sent({a, b, c, d, "e=1"}) == a + ',' + b + ',' + c + ',' + d);
}

// L5: the client's address as proxies write it: with a port, in brackets, in X-Forwarded-For or in Forwarded (RFC
// 7239).
#include "http/trusted_peers.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using mita::http::header;
using mita::http::header_list;
using mita::http::trusted_peers;

namespace {

using lines = std::vector<std::pair<const char*, const char*>>;

std::string client_of(const lines& given) {
    static const trusted_peers t({"10.0.0.0/8", "fd00::/8"});
    header_list headers;
    for (const auto& [name, value] : given) {
        header h;
        h.name = name;
        h.value = value;
        REQUIRE(headers.add(h));
    }
    return std::string(t.client_of(headers));
}

std::string listed(const char* value) { return client_of({{"X-Forwarded-For", value}}); }
std::string forwarded(const char* value) { return client_of({{"Forwarded", value}}); }

}  // namespace

TEST_CASE("L5: a port beside the client's address is left out, of IPv4 and of IPv6") {
    CHECK(listed("203.0.113.7:51312") == "203.0.113.7");
    CHECK(listed("203.0.113.7:51312, 10.0.0.1:80") == "203.0.113.7");
    CHECK(listed("[2001:db8::1]:443") == "2001:db8::1");
    CHECK(listed("[2001:db8::1]") == "2001:db8::1");
    CHECK(listed("2001:db8::1, [fd00::1]:8080") == "2001:db8::1");
    CHECK(listed("[::ffff:203.0.113.7]:51312") == "203.0.113.7");
    CHECK(listed("::ffff:203.0.113.7") == "203.0.113.7");
}

TEST_CASE("L5: what only resembles an address with a port ends the search") {
    for (const char* bad : {"203.0.113.7:", "203.0.113.7:http", "203.0.113.7:123456", "203.0.113.7:-1", ":443",
                            "[2001:db8::1", "[2001:db8::1]443", "[2001:db8::1]:", "[203.0.113.7]:80", "[]:80",
                            "2001:db8::1]:443", "host:80", "203.0.113.7 :80", "[[::1]]"}) {
        CAPTURE(bad);
        CHECK(listed(bad).empty());
        CHECK(listed((std::string(bad) + ", 10.0.0.1").c_str()) == "10.0.0.1");
    }
}

TEST_CASE("L5: Forwarded names the client where X-Forwarded-For is missing") {
    CHECK(forwarded("for=203.0.113.7") == "203.0.113.7");
    CHECK(forwarded("for=203.0.113.7;proto=https;by=10.0.0.1") == "203.0.113.7");
    CHECK(forwarded("Proto=https; For=\"203.0.113.7:51312\"") == "203.0.113.7");
    CHECK(forwarded("for=\"[2001:db8::1]:4711\"") == "2001:db8::1");
    CHECK(forwarded("for=198.51.100.1, for=203.0.113.7, for=10.0.0.1") == "203.0.113.7");
    CHECK(client_of({{"Forwarded", "for=198.51.100.1"}, {"forwarded", "for=203.0.113.7"}}) == "203.0.113.7");
    CHECK(forwarded("for=_hidden, for=10.0.0.1") == "10.0.0.1");
    for (const char* none :
         {"", "for=unknown", "for=_secret", "by=203.0.113.7", "for=", "for=\"", "proto=https", "203.0.113.7"}) {
        CAPTURE(none);
        CHECK(forwarded(none).empty());
    }
    CHECK(client_of({{"Forwarded", "for=198.51.100.1"}, {"X-Forwarded-For", "203.0.113.7"}}) == "203.0.113.7");
    CHECK(client_of({{"Forwarded", "for=198.51.100.1"}, {"X-Forwarded-For", "evil"}}).empty());
}

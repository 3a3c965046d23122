#include "http/exchange_ids.hpp"
#include "http/trusted_peers.hpp"

#include <catch2/catch.hpp>

#include <boost/asio/ip/address.hpp>

#include <memory>
#include <set>
#include <stdexcept>
#include <string>

using namespace mita::http;
using boost::asio::ip::make_address;

TEST_CASE("L5: networks contain their addresses, IPv4 also when mapped into IPv6") {
    const trusted_peers t({"10.0.0.0/8", "192.168.1.128/25", "172.16.0.1", "::1/128", "fd00::/9"});
    for (const char* in : {"10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3", "192.168.1.128", "192.168.1.255",
                           "172.16.0.1", "::1", "fd00::1", "fd7f::"}) {
        INFO(in);
        CHECK(t.contains(make_address(in)));
    }
    for (const char* out : {"11.0.0.0", "9.255.255.255", "192.168.1.127", "172.16.0.2", "::2",
                            "fd80::", "::ffff:11.0.0.1", "::10.0.0.1"}) {
        INFO(out);
        CHECK_FALSE(t.contains(make_address(out)));
    }
    CHECK(trusted_peers({"0.0.0.0/0"}).contains(make_address("8.8.8.8")));
    CHECK_FALSE(trusted_peers({"0.0.0.0/0"}).contains(make_address("2001::1")));
    CHECK_FALSE(trusted_peers({}).contains(make_address("127.0.0.1")));
    for (const char* bad : {"", "10.0.0.0/33", "::1/129", "10.0.0/8", "10.0.0.0/", "10.0.0.0/8x", "10.0.0.0/-1", "host",
                            "10.0.0.0/8/8"}) {
        INFO(bad);
        CHECK_THROWS_AS(trusted_peers({bad}), std::invalid_argument);
    }
}

TEST_CASE("L5: the client is the nearest hop that is not trusted") {
    const trusted_peers t({"10.0.0.0/8", "::1"});
    const struct {
        std::vector<const char*> lines;
        const char* client;
    } cases[] = {
        {{}, ""},
        {{"8.8.8.8"}, "8.8.8.8"},
        {{"1.1.1.1, 8.8.8.8"}, "8.8.8.8"},
        {{"1.1.1.1, 8.8.8.8 , 10.0.0.1,::1"}, "8.8.8.8"},
        {{"1.1.1.1", "8.8.8.8", "10.0.0.1"}, "8.8.8.8"},
        {{"10.0.0.2, 10.0.0.1"}, "10.0.0.2"},
        {{"evil, 10.0.0.1"}, "10.0.0.1"},
        {{"8.8.8.8, evil"}, ""},
        {{"8.8.8.8:443"}, "8.8.8.8"},
        {{""}, ""},
        {{"2001:db8::1"}, "2001:db8::1"},
        {{"::ffff:8.8.8.8"}, "8.8.8.8"},  // one client, however a proxy writes it
    };
    for (const auto& c : cases) {
        header_list headers;
        for (const char* line : c.lines) {
            header h;
            h.name = "x-forwarded-for";
            h.value = line;
            REQUIRE(headers.add(h));
        }
        CHECK(t.client_of(headers) == c.client);
    }
}

TEST_CASE("traceparent is continued when it is valid and stands once, and begun anew when not") {
    const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736", span = "00f067aa0ba902b7";
    id_source random;
    auto req = std::make_unique<request>();
    header h;
    h.name = "traceparent";
    const std::string value = "00-" + trace + "-" + span + "-ff";
    h.value = value;
    REQUIRE(req->headers.add(h));
    exchange_ids ids;
    ids.assign(*req, true, random);
    CHECK(req->trace_id == trace);
    CHECK(req->trace_flags == "03");
    CHECK(req->span_id.size() == 16);
    CHECK(req->span_id != span);
    REQUIRE(req->headers.add(h));  // twice: neither counts
    ids.assign(*req, true, random);
    CHECK(req->trace_id != trace);
    CHECK(req->parent_span.empty());
    CHECK(req->trace_flags == "02");  // level 2: of random digits, and nobody decided to sample
}

TEST_CASE("Ids that are made do not repeat") {
    id_source random;
    auto req = std::make_unique<request>();
    exchange_ids ids;
    std::set<std::string> seen;
    for (int i = 0; i < 10'000; ++i) {
        ids.assign(*req, true, random);
        CHECK(seen.insert(std::string(req->id)).second);
        CHECK(seen.insert(std::string(req->trace_id)).second);
    }
}

// R21: which coding a client wants, as RFC 9110 12.5.3 has it.
#include "http/accept_encoding.hpp"

#include <catch2/catch.hpp>

#include <string_view>
#include <utility>
#include <vector>

using namespace mita::http;

namespace {

bool prefers(const std::vector<std::string_view>& lines) {
    header_list headers;
    headers.add({"Host", "h"});
    for (const std::string_view line : lines) headers.add({"accept-encoding", line});
    return prefers_gzip(headers);
}

}  // namespace

TEST_CASE("R21: gzip is for who takes it, by the weights") {
    for (const std::string_view yes :
         {"gzip", "GZip", "x-gzip", "*", "br, gzip", "gzip;q=0.001", "gzip ; q=0.5 , identity;q=0.5", "*;q=0.1",
          "identity;q=0.2, gzip;q=0.3", "identity;q=0, gzip;q=0.1", "identity;q=0, *", "gzip;q=1.000", ",, gzip ,",
          "identity;q=0.5, *;q=0.7", "deflate, gzip, br, zstd"}) {
        INFO(yes);
        REQUIRE(prefers({yes}));
    }
    for (const std::string_view no :
         {"", "br", "identity", "gzip;q=0", "gzip;q=0.0", "gzip; q=0.000", "*;q=0", "gzip;q=0, *", "identity;q=0",
          "gzip;q=0.5, identity", "gzip;q=0.5, identity;q=0.6", "notgzip", "gzipped", "identity;q=0.5, *;q=0.4"}) {
        INFO(no);
        REQUIRE_FALSE(prefers({no}));
    }
}

TEST_CASE("R21: several lines are one list, and without any the answer is plain") {
    REQUIRE_FALSE(prefers({}));
    REQUIRE(prefers({"br", "gzip"}));
    REQUIRE_FALSE(prefers({"gzip;q=0.2", "identity"}));
}

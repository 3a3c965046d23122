#include "finance/ledger/transaction_place.hpp"

#include "core/error.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <string>

using namespace mita;
using namespace mita::finance;

TEST_CASE("a place of the list of transactions goes through a cursor's bytes on every day") {
    CHECK(rc::check("round trip", [] {
        const transaction_place at{civil_day(std::chrono::days(*rc::gen::inRange(-100'000, 3'000'000))), new_uuid()};
        RC_ASSERT(place_from(bytes_of(at)) == at);
    }));
}

TEST_CASE("bytes of another length are no place of the list of transactions") {
    const auto bytes = bytes_of({parse_day("2026-04-30").value(), new_uuid()});
    for (const auto& wrong : {std::string(), bytes.substr(1), bytes + "x"}) {
        try {
            (void)place_from(wrong);
            FAIL("read");
        } catch (const api_error& e) {
            CHECK(e.status == 400);
            CHECK(e.code == "invalid_cursor");
        }
    }
}

#include "auth/sessions/session_store.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <chrono>
#include <utility>

using namespace mita;

TEST_CASE("the places of sessions are in the order of the list: newest first, of one moment the larger id first") {
    CHECK(rc::check([] {
        const auto some = [] {
            auth::session_row s;
            s.id = new_uuid();
            s.created_at = wall::time_point(std::chrono::microseconds(1'800'000'000'000'000 + *rc::gen::inRange(0, 4)));
            return s;
        };
        const auto a = some(), b = some();
        const bool a_first = std::pair(a.created_at, a.id) > std::pair(b.created_at, b.id);
        RC_ASSERT((auth::place_of(a) < auth::place_of(b)) == a_first);
        RC_ASSERT(auth::place_of(a) != auth::place_of(b));
    }));
}

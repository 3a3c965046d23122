#include "http/page.hpp"
#include "support/refusal.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace mita;
using namespace mita::http;

namespace {

const cursor_seal seal{secret("0123456789abcdef0123456789abcdef")};
const uuid ana = new_uuid();

std::string place_of(const int& n) { return ascending_bytes(n); }

struct asked {
    explicit asked(std::string text, std::string_view route = "/v1/things", const uuid& user = ana)
        : query(std::move(text)) {
        auto req = std::make_unique<request>();
        req->query = query;
        req->route = req->path = route;
        pages = std::make_unique<pager>(*req, seal, user);
    }
    page<int> of(const std::vector<int>& all) const { return pages->cut(std::span(all), place_of); }
    std::string query;
    std::unique_ptr<pager> pages;
};

std::vector<int> items(const page<int>& p) { return {p.items.begin(), p.items.end()}; }

std::string after(const page<int>& p) { return "&cursor=" + p.next.value(); }

test::refusal refused(const std::string& query, std::string_view route = "/v1/things", const uuid& user = ana) {
    return test::refusal_of([&] { asked(query, route, user); });
}

}  // namespace

TEST_CASE("without parameters the whole list comes and nothing is next") {
    const asked a("");
    CHECK(a.pages->whole());
    const std::vector<int> all{1, 2, 3};
    const auto p = a.of(all);
    CHECK(items(p) == all);
    CHECK_FALSE(p.next);
    CHECK(a.pages->answer("{}", p.next).headers.empty());
}

TEST_CASE("pages of any size give the whole list, each item once, in its order") {
    CHECK(rc::check([](std::set<int> set) {
        const std::vector<int> all(set.begin(), set.end());
        const auto limit = *rc::gen::inRange(1, 8);
        const auto query = "limit=" + std::to_string(limit);
        std::vector<int> seen;
        std::string cursor;
        for (;;) {
            const auto p = asked(query + cursor).of(all);
            RC_ASSERT(p.items.size() <= static_cast<std::size_t>(limit));
            seen.insert(seen.end(), p.items.begin(), p.items.end());
            if (!p.next) break;
            RC_ASSERT(p.items.size() == static_cast<std::size_t>(limit));
            cursor = after(p);
        }
        RC_ASSERT(seen == all);
    }));
}

TEST_CASE("what comes and goes between pages neither repeats nor hides anything else") {
    CHECK(rc::check([](std::set<int> stay) {
        std::set<int> all = stay;
        std::vector<int> seen;
        std::string cursor;
        for (;;) {
            const std::vector<int> now(all.begin(), all.end());
            const auto p = asked("limit=2" + cursor).of(now);
            seen.insert(seen.end(), p.items.begin(), p.items.end());
            if (!p.next) break;
            cursor = after(p);
            const int last = p.items.back();
            if (*rc::gen::arbitrary<bool>()) stay.erase(last), all.erase(last);  // also the very item the cursor is of
            all.insert(*rc::gen::arbitrary<int>());
        }
        RC_ASSERT(std::ranges::is_sorted(seen));
        RC_ASSERT(std::ranges::adjacent_find(seen) == seen.end());
        for (const int n : stay) RC_ASSERT(std::ranges::count(seen, n) == 1);
    }));
}

TEST_CASE("a last page that is full has no next one") {
    const std::vector<int> all{1, 2, 3, 4};
    const auto first = asked("limit=2").of(all);
    CHECK(first.next);
    CHECK_FALSE(asked("limit=2" + after(first)).of(all).next);
    CHECK_FALSE(asked("limit=4").of(all).next);
    CHECK_FALSE(asked("limit=500").of({}).next);
}

TEST_CASE("a cursor without limit gives all that is left") {
    const std::vector<int> all{1, 2, 3, 4};
    const auto first = asked("limit=1").of(all);
    const asked rest("cursor=" + *first.next);
    CHECK_FALSE(rest.pages->whole());
    CHECK(items(rest.of(all)) == std::vector{2, 3, 4});
    CHECK_FALSE(rest.of(all).next);
}

TEST_CASE("a cursor of another list or person is 400 invalid_cursor") {
    const auto cursor = "cursor=" + *asked("limit=1").of({1, 2}).next;
    CHECK(refused(cursor).status == 0);
    CHECK(refused(cursor, "/v1/others").code == "invalid_cursor");
    CHECK(refused(cursor, "/v1/things", new_uuid()).code == "invalid_cursor");
    CHECK(refused(cursor, "/v1/things", uuid{}).code == "invalid_cursor");
    for (const auto* wrong : {"cursor=", "cursor=x", "cursor=AAAA"}) CHECK(refused(wrong).status == 400);
}

TEST_CASE("a wrong limit is 422 and named; an unknown parameter is 400, whatever else is wrong") {
    for (const auto* wrong : {"limit=ten", "limit=1.0", "limit=", "limit=%201", "limit=99999999999999999999"})
        CHECK(refused(wrong).findings == std::map<std::string, std::string>{{"/limit", "not_an_integer"}});
    for (const auto* wrong : {"limit=0", "limit=501", "limit=-1"}) {
        CHECK(refused(wrong).findings == std::map<std::string, std::string>{{"/limit", "out_of_range"}});
        CHECK(refused(wrong).status == 422);
        CHECK(refused(wrong).code == "invalid_parameter");
    }
    CHECK(refused("limit=0&cursor=x").status == 422);
    CHECK(refused("limit=0&offset=1").code == "unknown_parameter");
    CHECK(refused("limit=1&limit=2").code == "malformed_query");
}

TEST_CASE("the Link header leads on with the same limit and filter") {
    const asked a("limit=2");
    const auto p = a.of({1, 2, 3});
    const auto answer = a.pages->answer("{}", p.next);
    REQUIRE(answer.headers.size() == 1);
    CHECK(answer.headers[0].first == "Link");
    CHECK(answer.headers[0].second == "</v1/things?limit=2" + after(p) + ">; rel=\"next\"");
    CHECK(next_link("/v1/x", 7, "q=a%20b", "C") == "</v1/x?limit=7&q=a%20b&cursor=C>; rel=\"next\"");
}

TEST_CASE("bytes of places have the order of their numbers, turned ones the opposite") {
    CHECK(rc::check([](std::int64_t a, std::int64_t b) {
        RC_ASSERT((ascending_bytes(a) < ascending_bytes(b)) == (a < b));
        RC_ASSERT((turned(ascending_bytes(a)) < turned(ascending_bytes(b))) == (a > b));
    }));
}

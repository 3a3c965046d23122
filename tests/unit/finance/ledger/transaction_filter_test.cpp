#include "finance/ledger/transaction_filter.hpp"

#include "core/error.hpp"
#include "support/refusal.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <string>

using namespace mita;
using namespace mita::finance;

namespace {

list_request read(std::string_view query) {
    http::request req;
    req.query = query;
    return read_list_request(req);
}

test::refusal refused(std::string_view query) {
    return test::refusal_of([&] { read(query); });
}

}  // namespace

TEST_CASE("a list without parameters is the newest 50 of everything") {
    const auto asked = read("");
    CHECK(asked.limit == 50);
    CHECK_FALSE(asked.cursor);
    CHECK(asked.filter.query().empty());
    CHECK_FALSE(asked.filter.sifts());
}

TEST_CASE("every filter is read, and written back as the same query whatever the order it came in") {
    const auto id = new_uuid().str();
    const auto text =
        "account_id=" + id +
        "&category=groceries&booked_from=2026-04-01&booked_to=2026-04-30&amount_min=-500&amount_max=-1&q=a%20%26%C3%A9"
        "&payee=Caf%C3%A9&tag=trip&cleared=false";
    const auto asked = read(text);
    CHECK(asked.filter.query() == text);
    CHECK(asked.filter.text == "a &é");
    CHECK(asked.filter.sifts());
    CHECK(asked.filter.payee == "Café");
    CHECK(asked.filter.tag == "trip");
    CHECK(asked.filter.cleared == false);
    CHECK(read("cleared=false&tag=trip&payee=Caf%C3%A9&q=a+%26%c3%a9&amount_max=-1&amount_min=-500&booked_to=2026-04-"
               "30&booked_from="
               "2026-04-01&category="
               "groceries&account_id=" +
               id + "&limit=7")
              .filter.query() == text);
}

TEST_CASE("the bounds of limit are 1 and 500") {
    CHECK(read("limit=1").limit == 1);
    CHECK(read("limit=500").limit == 500);
    for (const auto* bad : {"limit=0", "limit=501", "limit=-1", "limit=ten", "limit=1.0", "limit=", "limit=%201",
                            "limit=99999999999999999999"}) {
        INFO(bad);
        CHECK(refused(bad).status == 422);
        CHECK(refused(bad).code == "invalid_parameter");
    }
}

TEST_CASE("all wrong parameters are named at once, and a code they share is the answer's") {
    const auto r = refused("limit=0&amount_min=x&booked_from=2026-02-31&account_id=1&q=");
    CHECK(r.status == 422);
    CHECK(r.code == "invalid_parameter");
    CHECK(r.findings == std::map<std::string, std::string>{{"/limit", "out_of_range"},
                                                           {"/amount_min", "not_an_integer"},
                                                           {"/booked_from", "invalid_date"},
                                                           {"/account_id", "invalid_id"},
                                                           {"/q", "too_short"}});
    CHECK(refused("booked_from=2026-02-31&booked_to=x").code == "invalid_date");
    CHECK(refused("amount_max=9007199254740992").findings.at("/amount_max") == "out_of_range");
}

TEST_CASE("an unknown parameter is 400, whatever else is wrong") {
    CHECK(refused("colour=red").code == "unknown_parameter");
    CHECK(refused("limit=0&colour=red").status == 400);
    CHECK(refused("limit=1&limit=2").code == "malformed_query");
}

TEST_CASE("a text is at most 100 characters, counted as characters") {
    std::string hundred;
    for (int i = 0; i < 100; ++i) hundred += "%C3%A9";
    CHECK(read("q=" + hundred).filter.text->size() == 200);
    CHECK(refused("q=" + hundred + "x").findings.at("/q") == "too_long");
}

TEST_CASE("a category is resolved like everywhere, archived ones by their id") {
    category_entry pets;
    pets.id = "pets";
    pets.name = "Rex";
    pets.cls = category_class::flexible;
    pets.archived = true;
    pets.version = 1;
    const category_book book({pets});
    auto f = read("category=food").filter;
    resolve(f, book);
    CHECK(f.category == "groceries");
    f = read("category=pets").filter;
    resolve(f, book);
    CHECK(f.category == "pets");
    f = read("category=unobtainium").filter;
    try {
        resolve(f, book);
        FAIL("resolved");
    } catch (const api_error& e) {
        CHECK(e.status == 422);
        CHECK(e.code == "unknown_category");
    }
}

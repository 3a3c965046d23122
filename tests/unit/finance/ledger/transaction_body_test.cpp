#include "finance/ledger/transaction_body.hpp"

#include "core/error.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <string>

using namespace mita;
using namespace mita::finance;

namespace {

const category_book taxonomy;

wall::time_point instant_of(std::string_view text) { return wall::parse(text).value(); }

constexpr const char* first_id = "019d4a5c-7c00-7a01-8b02-000000000001";
constexpr const char* depot_id = "019d4a5c-7c00-7a01-8b02-000000000002";
constexpr const char* closed_id = "019d4a5c-7c00-7a01-8b02-000000000003";

account in(const char* id, const char* currency) {
    account a;
    a.id = uuid::parse(id).value();
    a.currency = currency;
    a.on_budget = a.currency == "EUR";
    return a;
}

const account_book accounts = [] {
    auto first = in(first_id, "EUR"), depot = in(depot_id, "USD"), closed = in(closed_id, "EUR");
    first.first = closed.archived = true;
    return account_book({first, depot, closed});
}();

// Half past one in the night of 2 April in Sofia; still 1 April in UTC.
entry_rules rules() {
    return {find_zone("Europe/Sofia").value(), instant_of("2026-04-01T22:30:00Z"), taxonomy, accounts};
}

transaction made(std::string_view body) {
    json_document doc(body);
    return read_new_transaction(doc, rules());
}

transaction patched(const transaction& t, std::string_view body) {
    json_document doc(body);
    return read_transaction_patch(doc, t, rules());
}

using findings = std::map<std::string, std::string>;

template <class F>
findings refused(F f) {
    try {
        f();
    } catch (const api_error& e) {
        REQUIRE(e.status == 422);
        findings out;
        for (const auto& one : e.errors) out[one.pointer] = one.code;
        return out;
    }
    return {};
}
findings refused_body(std::string_view body) {
    return refused([body] { made(body); });
}
findings refused_patch(const transaction& t, std::string_view body) {
    return refused([&] { patched(t, body); });
}

const char* const lunch = R"({"money":{"amount":-1250,"currency":"EUR"},"category":"Restaurant"})";
const char* const shopping = R"({"money":{"amount":-3000,"currency":"EUR"},"splits":[
    {"category":"food","money":{"amount":-2000,"currency":"EUR"}},
    {"category":"home","money":{"amount":-1000,"currency":"EUR"},"note":"soap"}]})";

}  // namespace

TEST_CASE("the least body is a spend of today, in the person's zone") {
    const auto t = made(lunch);
    CHECK(t.booked_on == parse_day("2026-04-02"));
    CHECK(t.value == -1250);
    CHECK(t.currency == "EUR");
    CHECK(t.account_id.str() == first_id);
    CHECK(t.counts);
    REQUIRE(t.lines.size() == 1);
    CHECK(t.lines[0].category == "dining_out");
    CHECK(t.lines[0].value == -1250);
    CHECK(t.id.version() == 7);
    CHECK(t.version == 1);
    CHECK_FALSE(t.occurred_at);
    CHECK(t.created_at == rules().now);
}

TEST_CASE("a transaction is in the currency of its account, and counts when that is on budget") {
    const std::string depot = depot_id, first = first_id, closed = closed_id;
    const auto spend = [](const std::string& account, const std::string& currency) {
        return R"({"money":{"amount":-5,"currency":")" + currency + R"("},"category":"home","account_id":")" + account +
               "\"}";
    };
    const auto t = made(spend(depot, "USD"));
    CHECK(t.account_id.str() == depot);
    CHECK(t.currency == "USD");
    CHECK_FALSE(t.counts);
    CHECK(refused_body(spend(depot, "EUR")) == findings{{"/money/currency", "currency_mismatch"}});
    CHECK(refused_body(spend(closed, "EUR")) == findings{{"/account_id", "archived_account"}});
    CHECK(refused_body(spend("019d4a5c-7c00-7a01-8b02-000000000009", "EUR")) ==
          findings{{"/account_id", "unknown_account"}});

    CHECK(refused_patch(t, R"({"account_id":null})") == findings{{"/money", "required"}});
    const auto home = patched(t, R"({"account_id":null,"money":{"amount":-4}})");
    CHECK(home.account_id.str() == first);
    CHECK(home.currency == "EUR");
    CHECK(home.lines.at(0).value == -4);
    CHECK(home.counts);
    CHECK(refused_patch(t, R"({"bill_id":"rent:2026-04-01"})") == findings{{"/bill_id", "off_budget"}});
    auto there = home;
    there.account_id = accounts.find(uuid::parse(closed).value())->id;
    CHECK(patched(there, R"({"account_id":")" + closed + R"(","note":"stays"})").account_id.str() == closed);
    const auto split = made(shopping);
    CHECK(refused_patch(split, R"({"account_id":")" + depot + R"(","money":{"amount":-3000,"currency":"USD"}})") ==
          findings{{"/splits", "required"}});
}

TEST_CASE("booked_on comes from occurred_at in the person's zone unless it is given") {
    CHECK(
        made(R"({"money":{"amount":-1,"currency":"EUR"},"category":"home","occurred_at":"2026-03-30T23:30:00+02:00"})")
            .booked_on == parse_day("2026-03-31"));
    CHECK(
        made(
            R"({"money":{"amount":-1,"currency":"EUR"},"category":"home","occurred_at":"2026-03-30T23:30:00Z","booked_on":"2026-03-01"})")
            .booked_on == parse_day("2026-03-01"));
}

TEST_CASE("L3: splits become the lines of a transaction and must sum to its money") {
    const auto t = made(shopping);
    REQUIRE(t.lines.size() == 2);
    CHECK(t.lines[0].category == "groceries");
    CHECK(t.lines[1].note == "soap");
    CHECK(t.lines[0].value + t.lines[1].value == t.value);
    CHECK(refused_body(R"({"money":{"amount":-3001,"currency":"EUR"},"splits":[
        {"category":"food","money":{"amount":-2000,"currency":"EUR"}},{"category":"home","money":{"amount":-1000,"currency":"EUR"}}]})") ==
          findings{{"/splits", "splits_mismatch"}});
    CHECK(refused_body(R"({"money":{"amount":1,"currency":"EUR"},"splits":[
        {"category":"food","money":{"amount":9007199254740991,"currency":"EUR"}},{"category":"home","money":{"amount":9007199254740991,"currency":"EUR"}}]})") ==
          findings{{"/splits", "amount_overflow"}});
}

TEST_CASE("an exchange may sum to nothing, an entry or a line of nothing is refused") {
    CHECK(made(R"({"money":{"amount":0,"currency":"EUR"},"splits":[
        {"category":"food","money":{"amount":-5,"currency":"EUR"}},{"category":"home","money":{"amount":5,"currency":"EUR"}}]})")
              .value == 0);
    CHECK(refused_body(R"({"money":{"amount":0,"currency":"EUR"},"category":"food"})") ==
          findings{{"/money", "out_of_range"}});
    CHECK(
        refused_body(
            R"({"money":{"amount":0,"currency":"EUR"},"splits":[{"category":"food","money":{"amount":0,"currency":"EUR"}}]})") ==
        findings{{"/splits/0/money", "out_of_range"}});
}

TEST_CASE("category and splits exclude each other, and one is needed") {
    CHECK(refused_body(R"({"money":{"amount":-1,"currency":"EUR"}})") == findings{{"/category", "required"}});
    CHECK(
        refused_body(
            R"({"money":{"amount":-1,"currency":"EUR"},"category":"home","splits":[{"category":"home","money":{"amount":-1,"currency":"EUR"}}]})") ==
        findings{{"/splits", "ambiguous"}});
    CHECK(refused_body(R"({"money":{"amount":-1,"currency":"EUR"},"splits":[]})") == findings{{"/splits", "too_few"}});
}

TEST_CASE("days from 1970 to a year ahead are booked, others are findings") {
    const auto on = [](const std::string& day) {
        return R"({"money":{"amount":-1,"currency":"EUR"},"category":"home","booked_on":")" + day + "\"}";
    };
    CHECK(made(on("1970-01-01")).booked_on == civil_day{});
    CHECK(made(on("2027-04-03")).booked_on == parse_day("2027-04-03"));
    CHECK(refused_body(on("1969-12-31")) == findings{{"/booked_on", "out_of_range"}});
    CHECK(refused_body(on("2027-04-04")) == findings{{"/booked_on", "out_of_range"}});
    CHECK(refused_body(on("2026-02-31")) == findings{{"/booked_on", "invalid_date"}});
    CHECK(refused_body(R"({"money":{"amount":-1,"currency":"EUR"},"category":"home","occurred_at":"2026-04-01"})") ==
          findings{{"/occurred_at", "invalid_instant"}});
    CHECK(refused_body(
              R"({"money":{"amount":-1,"currency":"EUR"},"category":"home","occurred_at":"1969-01-01T00:00:00Z"})") ==
          findings{{"/occurred_at", "out_of_range"}});
}

TEST_CASE("a client's id is version 7 with a clock at most a day off") {
    const auto with = [](const std::string& id) {
        return R"({"money":{"amount":-1,"currency":"EUR"},"category":"home","id":")" + id + "\"}";
    };
    const auto id = new_uuid();
    CHECK(made(with(id.str())).id == id);
    CHECK(refused_body(with("9b2f2b1e-6c0a-4d5e-8f00-0123456789ab")) == findings{{"/id", "invalid_id"}});
    CHECK(refused_body(with("00000000-0001-7d5e-8f00-0123456789ab")) == findings{{"/id", "invalid_id"}});
}

TEST_CASE("every finding comes at once") {
    CHECK(
        refused_body(
            R"({"id":"x","money":{"amount":"1","currency":"XQQ","extra":1},"category":"unobtainium","booked_on":"2026-02-31","tags":["",5],"nonsense":true})") ==
        findings{{"/id", "invalid_id"},
                 {"/money/amount", "wrong_type"},
                 {"/money/currency", "unknown_currency"},
                 {"/money/extra", "unknown_field"},
                 {"/category", "unknown_category"},
                 {"/booked_on", "invalid_date"},
                 {"/tags/0", "too_short"},
                 {"/tags/1", "wrong_type"},
                 {"/nonsense", "unknown_field"}});
}

TEST_CASE("a patch changes what it names, null clears, the version moves on") {
    auto t = made(
        R"({"money":{"amount":-1250,"currency":"EUR"},"category":"food","note":"first","tags":["a"],"occurred_at":"2026-04-01T10:00:00Z"})");
    const auto p = patched(t, R"({"payee":"Market","note":null,"occurred_at":null})");
    CHECK(p.payee == "Market");
    CHECK_FALSE(p.note);
    CHECK_FALSE(p.occurred_at);
    CHECK(p.tags == t.tags);
    CHECK(p.booked_on == t.booked_on);
    CHECK(p.version == 2);
    CHECK(patched(t, R"({"tags":null})").tags.empty());
    CHECK_FALSE(t.cleared);
    CHECK(patched(patched(t, R"({"cleared":true})"), R"({"note":"y"})").cleared);
    CHECK(made(R"({"money":{"amount":-1,"currency":"EUR"},"category":"food","cleared":true})").cleared);
    CHECK(refused_patch(t, R"({"cleared":null})") == findings{{"/cleared", "wrong_type"}});
    CHECK(refused_patch(t, "{}") == findings{{"", "empty_patch"}});
    CHECK(refused_patch(t, R"({"id":"x","booked_on":null})") ==
          findings{{"/id", "unknown_field"}, {"/booked_on", "wrong_type"}});
}

TEST_CASE("a patch of the money of one line moves the line, of a split needs the splits") {
    const auto t = made(lunch);
    CHECK(patched(t, R"({"money":{"amount":-300,"currency":"EUR"}})").lines[0].value == -300);
    const auto s = made(shopping);
    CHECK(refused_patch(s, R"({"money":{"amount":-300,"currency":"EUR"}})") == findings{{"/money", "splits_mismatch"}});
    CHECK(patched(s, R"({"money":{"amount":-3000,"currency":"EUR"}})").lines.size() == 2);
    const auto one = patched(s, R"({"money":{"amount":-300,"currency":"EUR"},"category":"home","splits":null})");
    REQUIRE(one.lines.size() == 1);
    CHECK(one.lines[0].value == -300);
    CHECK(one.lines[0].category == "home");
    const auto two = patched(
        t,
        R"({"category":null,"splits":[{"category":"food","money":{"amount":-1000,"currency":"EUR"}},{"category":"home","money":{"amount":-250,"currency":"EUR"}}]})");
    CHECK(two.lines.size() == 2);
    CHECK(refused_patch(s, R"({"splits":null})") == findings{{"/category", "required"}});
    CHECK(refused_patch(t, R"({"category":null})") == findings{{"/splits", "required"}});
    CHECK(patched(s, R"({"category":null})").lines.size() == 2);
}

TEST_CASE("a patch links to a bill, unlinks from all, and leaves it to matching again") {
    const auto t = made(lunch);
    const auto linked = patched(t, R"({"bill_id":"x:2026-04-01"})");
    CHECK(linked.bill_id == "x:2026-04-01");
    CHECK_FALSE(linked.bill_unlinked);
    const auto none = patched(linked, R"({"bill_id":"none"})");
    CHECK(none.bill_id.empty());
    CHECK(none.bill_unlinked);
    const auto automatic = patched(none, R"({"bill_id":null})");
    CHECK(automatic.bill_id.empty());
    CHECK_FALSE(automatic.bill_unlinked);
}

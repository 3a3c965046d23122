#include "db/libpq.hpp"
#include "db/params.hpp"
#include "support/pg.hpp"

#include <libpq-fe.h>
#include <catch2/catch.hpp>

using namespace mita;
using namespace std::chrono;
using namespace std::string_literals;

namespace {

PGconn* link_to_cluster() {
    static const std::unique_ptr<PGconn, decltype(&PQfinish)> c(PQconnectdb(test::cluster().url().c_str()), &PQfinish);
    return c.get();
}

// Binary results, as the connection asks for them.
db::rows ask(const char* sql, const db::params& p = {}) {
    std::vector<const char*> values;
    for (std::size_t i = 0; i < p.count(); ++i) values.push_back(p.value(i));
    auto* r = PQexecParams(link_to_cluster(), sql, static_cast<int>(values.size()), nullptr, values.data(), nullptr,
                           nullptr, 1);
    INFO(PQresultErrorMessage(r));
    REQUIRE(PQresultStatus(r) == PGRES_TUPLES_OK);
    return db::adopt(r);
}

template <class T>
T value_of(const char* sql) {
    const auto r = ask(sql);
    return r.front().template get<T>(0);
}

// Sent as a parameter, read back.
template <class T>
T round_trip(const char* cast, const T& v) {
    const auto r = ask(("select $1::"s + cast).c_str(), db::params::of(v));
    return r.front().template get<T>(0);
}

wall::time_point instant(const char* text) { return wall::parse(text).value(); }

}  // namespace

TEST_CASE("every scalar type is decoded from its binary form") {
    CHECK(value_of<bool>("select true"));
    CHECK_FALSE(value_of<bool>("select false"));
    CHECK(value_of<std::int16_t>("select (-32768)::int2") == -32768);
    CHECK(value_of<std::int32_t>("select (-2147483648)::int4") == std::numeric_limits<std::int32_t>::min());
    CHECK(value_of<std::int32_t>("select 7::int2") == 7);
    CHECK(value_of<std::int64_t>("select 9223372036854775807") == std::numeric_limits<std::int64_t>::max());
    CHECK(value_of<std::int64_t>("select (-5)::int4") == -5);
    CHECK(value_of<std::int64_t>("select (-5)::int2") == -5);
    CHECK(value_of<std::int64_t>("select 4294967295::oid") == 4294967295);
    CHECK(value_of<double>("select 1.5::float8") == 1.5);
    CHECK(value_of<double>("select 0.25::float4") == 0.25);
    CHECK(value_of<std::string>("select 'grüße'::text") == "grüße");
    CHECK(value_of<std::string>("select 'v'::varchar(10)") == "v");
    CHECK(value_of<std::string>("select 'c'::char(3)") == "c  ");
    CHECK(value_of<std::string>("select 'n'::name") == "n");
    CHECK(value_of<std::string>("select ''::text").empty());
    CHECK(value_of<std::string>("select '\\x00ff00'::bytea") == "\0\xff\0"s);
    CHECK(value_of<std::string>("select '{\"a\": 1}'::json") == "{\"a\": 1}");
    CHECK(value_of<std::string>("select '{\"a\":1}'::jsonb") == "{\"a\": 1}");
    CHECK(value_of<uuid>("select '01890a5d-ac96-774b-bcce-b302099a8057'::uuid").str() ==
          "01890a5d-ac96-774b-bcce-b302099a8057");
}

TEST_CASE("instants and dates are exact on both sides of 2000") {
    CHECK(value_of<wall::time_point>("select timestamptz '2026-04-30 21:59:59.123456+00'") ==
          instant("2026-04-30T21:59:59.123456Z"));
    CHECK(value_of<wall::time_point>("select timestamptz '2000-01-01 00:00:00+00'") == instant("2000-01-01T00:00:00Z"));
    CHECK(value_of<wall::time_point>("select timestamptz '1999-12-31 23:59:59.999999+00'") ==
          instant("1999-12-31T23:59:59.999999Z"));
    CHECK(value_of<wall::time_point>("select timestamptz '1969-07-20 20:17:40+00'") == instant("1969-07-20T20:17:40Z"));
    CHECK(value_of<year_month_day>("select date '2000-01-01'") == year(2000) / 1 / 1);
    CHECK(value_of<year_month_day>("select date '1900-02-28'") == year(1900) / 2 / 28);
    CHECK(value_of<year_month_day>("select date '2024-02-29'") == year(2024) / 2 / 29);
    CHECK(value_of<year_month_day>("select date '0044-03-15 BC'") == year(-43) / 3 / 15);
}

TEST_CASE("infinite and far-off instants and dates are refused") {
    CHECK_THROWS_AS(value_of<wall::time_point>("select timestamptz 'infinity'"), std::range_error);
    CHECK_THROWS_AS(value_of<wall::time_point>("select timestamptz '-infinity'"), std::range_error);
    CHECK_THROWS_AS(value_of<year_month_day>("select date 'infinity'"), std::range_error);
    CHECK_THROWS_AS(value_of<year_month_day>("select date '-infinity'"), std::range_error);
    CHECK_THROWS_AS(value_of<year_month_day>("select date '5874897-12-31'"), std::range_error);
}

TEST_CASE("arrays of one dimension are decoded; others and NULL elements are refused") {
    CHECK(value_of<std::vector<std::int64_t>>("select array[1,-2,3]::int8[]") == std::vector<std::int64_t>{1, -2, 3});
    CHECK(value_of<std::vector<std::int64_t>>("select array[1]::int4[]") == std::vector<std::int64_t>{1});
    CHECK(value_of<std::vector<std::int64_t>>("select array[1]::int2[]") == std::vector<std::int64_t>{1});
    CHECK(value_of<std::vector<std::int64_t>>("select '{}'::int8[]").empty());
    CHECK(value_of<std::vector<std::string>>("select array['a','','c,d']") == std::vector<std::string>{"a", "", "c,d"});
    CHECK(value_of<std::vector<std::string>>("select array['a']::varchar[]") == std::vector<std::string>{"a"});
    CHECK(value_of<std::vector<uuid>>("select array['01890a5d-ac96-774b-bcce-b302099a8057'::uuid]").size() == 1);
    CHECK(value_of<std::vector<year_month_day>>("select array[date '1999-12-31']") ==
          std::vector<year_month_day>{year(1999) / 12 / 31});
    CHECK_THROWS_AS(value_of<std::vector<std::int64_t>>("select array[[1,2],[3,4]]"), std::logic_error);
    CHECK_THROWS_AS(value_of<std::vector<std::int64_t>>("select array[1,null]"), std::logic_error);
}

TEST_CASE("parameters survive the round trip") {
    CHECK(round_trip<std::int64_t>("int8", -42) == -42);
    CHECK(round_trip<bool>("bool", true));
    CHECK(round_trip<std::string>("text", "a'b\"c\\d{}") == "a'b\"c\\d{}");
    CHECK(round_trip<year_month_day>("date", year(-43) / 3 / 15) == year(-43) / 3 / 15);
    const auto t = instant("2026-04-30T21:59:59.123456Z");
    CHECK(round_trip<wall::time_point>("timestamptz", t) == t);
    const auto id = new_uuid();
    CHECK(round_trip<uuid>("uuid", id) == id);
    CHECK(round_trip<std::vector<std::int64_t>>("int8[]", {1, 2}) == std::vector<std::int64_t>{1, 2});
    const std::vector<std::string> odd{"", "NULL", "a,b", "\"", "\\", "{", " x ", "ü"};
    CHECK(round_trip<std::vector<std::string>>("text[]", odd) == odd);
    CHECK(round_trip<std::vector<uuid>>("uuid[]", {id, id}) == std::vector<uuid>{id, id});
    const std::vector<year_month_day> days{year(1999) / 1 / 1, year(-1) / 2 / 3};
    CHECK(round_trip<std::vector<year_month_day>>("date[]", days) == days);
    const auto raw = "\0\1\xff"s;
    CHECK(ask("select $1::bytea", db::params::of(db::bytes{raw})).front().get<std::string>(0) == raw);
}

TEST_CASE("NULL is an empty optional, and a fault where a value is required") {
    const auto r = ask("select null::int8, null::text[], 5::int8");
    CHECK(r.front().is_null(0));
    CHECK(r.front().get<std::optional<std::int64_t>>(0) == std::nullopt);
    CHECK(r.front().get<std::optional<std::vector<std::string>>>(1) == std::nullopt);
    CHECK(r.front().get<std::optional<std::int64_t>>(2) == 5);
    CHECK_THROWS_AS(r.front().get<std::int64_t>(0), std::logic_error);
}

TEST_CASE("a type that does not fit is a fault, never a misreading") {
    CHECK_THROWS_AS(value_of<std::int32_t>("select 1::int8"), std::logic_error);
    CHECK_THROWS_AS(value_of<std::int16_t>("select 1::int4"), std::logic_error);
    CHECK_THROWS_AS(value_of<std::int64_t>("select 1::numeric"), std::logic_error);
    CHECK_THROWS_AS(value_of<std::int64_t>("select '1'::text"), std::logic_error);
    CHECK_THROWS_AS(value_of<std::string>("select 1"), std::logic_error);
    CHECK_THROWS_AS(value_of<bool>("select 1"), std::logic_error);
    CHECK_THROWS_AS(value_of<uuid>("select 'x'::text"), std::logic_error);
    CHECK_THROWS_AS(value_of<wall::time_point>("select now()::timestamp"), std::logic_error);
    CHECK_THROWS_AS(value_of<year_month_day>("select now()"), std::logic_error);
    CHECK_THROWS_AS(value_of<double>("select 1.5::numeric"), std::logic_error);
    CHECK_THROWS_AS(value_of<std::vector<uuid>>("select array['x']"), std::logic_error);
    CHECK_THROWS_AS(value_of<std::vector<std::string>>("select array[1]"), std::logic_error);
    CHECK_THROWS_AS(ask("select 1").front().get<std::int64_t>(1), std::logic_error);
    CHECK_THROWS_AS(ask("select 1 where false").front(), std::logic_error);
}

TEST_CASE("views into a result live as long as a copy of its rows") {
    std::string_view view;
    db::rows keep;
    {
        auto r = ask("select 'long enough to be no small string at all'::text");
        view = r.front().get<std::string_view>(0);
        keep = r;
    }
    CHECK(view == "long enough to be no small string at all");
}

TEST_CASE("rows are counted, iterated and report what a command touched") {
    const auto r = ask("select i::int8 from generate_series(1, 3) i");
    std::int64_t sum = 0;
    for (const auto row : r) sum += row.get<std::int64_t>(0);
    CHECK(sum == 6);
    CHECK(r.size() == 3);
    CHECK(db::rows().empty());
    CHECK(db::rows().affected() == 0);
    ask("select 1");
    auto* made = PQexec(link_to_cluster(), "create temp table t(i int)");
    PQclear(made);
    const auto inserted = db::adopt(PQexec(link_to_cluster(), "insert into t select generate_series(1, 4)"));
    CHECK(inserted.affected() == 4);
    CHECK(inserted.command_tag() == "INSERT 0 4");
}

TEST_CASE("an error tells its state and constraint, and does not quote the values of a caller") {
    const auto fault = [](const char* sql) {
        auto* r = PQexec(link_to_cluster(), sql);
        const auto e = db::error_of(r, "probe");
        PQclear(r);
        return e;
    };
    fault(
        "create temp table people(email text constraint people_email_key unique, age int constraint people_age_check "
        "check (age > 0))");
    fault("insert into people values ('someone@example.com', 1)");
    const auto twice = fault("insert into people values ('someone@example.com', 1)");
    CHECK(twice.is_unique_violation("people_email_key"));
    CHECK_FALSE(twice.is_unique_violation("other"));
    CHECK(std::string(twice.what()).find("example.com") == std::string::npos);
    CHECK(std::string(twice.what()).find("probe") == 0);
    CHECK(fault("insert into people values ('b', -1)").is_check_violation("people_age_check"));
    const auto bad = fault("select 'secret-value'::int");
    CHECK(bad.sqlstate == "22P02");
    CHECK(std::string(bad.what()).find("secret-value") == std::string::npos);
}

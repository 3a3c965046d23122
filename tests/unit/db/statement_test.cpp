// SQL joined when compiling: what several statements have in common stands once.
#include "db/statement.hpp"

#include "db/params.hpp"

#include <catch2/catch.hpp>

#include <string_view>

using namespace mita;

namespace {

constexpr char columns[] = "t.id, t.name";
constexpr auto head = db::join("select ", columns);
constexpr auto whole = db::join(head, " from t where id = $1");
constexpr db::statement find{"find", whole, db::sync::shared};

struct pair_of_values {
    int first;
    std::string_view second;
    void add_to(db::params& to) const {
        to.add(first);
        to.add(second);
    }
};

}  // namespace

TEST_CASE("a statement is joined of literals, lists and joined texts, without their terminators") {
    STATIC_REQUIRE(find.sql == "select t.id, t.name from t where id = $1");
    STATIC_REQUIRE(find.sql.size() == std::string_view("select t.id, t.name from t where id = $1").size());
}

TEST_CASE("a value of several parameters stands for them in its place") {
    const auto p = db::params::of(1, pair_of_values{2, "three"}, 4);
    REQUIRE(p.count() == 4);
    CHECK(std::string_view(p.value(1)) == "2");
    CHECK(std::string_view(p.value(2)) == "three");
    CHECK(std::string_view(p.value(3)) == "4");
}

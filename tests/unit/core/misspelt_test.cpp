#include "core/misspelt.hpp"

#include "core/config.hpp"

#include <rapidcheck.h>
#include <catch2/catch.hpp>

using mita::edit_distance;
using mita::misspelt;

namespace {

const std::vector<std::string> known{"MITA_ENV", "MITA_RATE_USER", "MITA_RATE_WRITE", "MITA_OPS_TOKEN",
                                     "MITA_OPS_TOKEN_FILE"};

std::string meant(const std::string& name) {
    const auto found = misspelt({name}, known);
    return found.empty() ? "" : found.front().nearest;
}

}  // namespace

TEST_CASE("an edit is a letter added, left out, replaced or swapped with its neighbour") {
    CHECK(edit_distance("", "") == 0);
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("cost", "cost") == 0);
    CHECK(edit_distance("cost", "costs") == 1);
    CHECK(edit_distance("cost", "cst") == 1);
    CHECK(edit_distance("cost", "cast") == 1);
    CHECK(edit_distance("cost", "csot") == 1);
    CHECK(edit_distance("cost", "ocst") == 1);
    CHECK(edit_distance("cost", "octs") == 2);
    CHECK(edit_distance("port", "url") == 3);
    CHECK(edit_distance("sitting", "kitten") == 3);
}

TEST_CASE("the distance is the same both ways, and one letter more is one edit more at most") {
    CHECK(rc::check([](const std::string& a, const std::string& b, char c) {
        const auto d = edit_distance(a, b);
        RC_ASSERT(d == edit_distance(b, a));
        RC_ASSERT((d == 0) == (a == b));
        RC_ASSERT(d <= std::max(a.size(), b.size()));
        RC_ASSERT(edit_distance(a + c, b) <= d + 1);
    }));
}

TEST_CASE("a name that is all but a setting's is a misspelling of the nearest one") {
    CHECK(meant("MITA_RATE_USR") == "MITA_RATE_USER");
    CHECK(meant("MITA_RATE_USERS") == "MITA_RATE_USER");
    CHECK(meant("MITA_RAET_WRIET") == "MITA_RATE_WRITE");
    CHECK(meant("MITA_OPS_TOKN_FILE") == "MITA_OPS_TOKEN_FILE");
    CHECK(meant("MITA_EVN") == "MITA_ENV");
}

TEST_CASE("what is read, far from everything, or short and near by chance is no misspelling") {
    for (const auto& name : known) CHECK(meant(name) == "");
    for (const char* name : {"MITA_RATE", "MITA_RATE_LOGIN", "MITA_DEV", "MITA_N", "MITA_", "MITA_PG_PORT"})
        CHECK(meant(name) == "");
    CHECK(misspelt({"MITA_RATE_USR"}, {}).empty());
}

TEST_CASE("a misspelt setting is told by its name alone, and not at all when its right name has been read by then") {
    const auto look = [](const std::string& name) -> std::optional<std::string> {
        return name == "MITA_RATE_USR" || name == "MITA_RATE_USER" ? std::optional<std::string>("canary")
                                                                   : std::nullopt;
    };
    mita::config c(look, {"MITA_RATE_USER", "MITA_RATE_USR", "MITA_OPS_TOKN_FILE"});
    CHECK(c.hints().empty());
    c.text("MITA_RATE_USER", "");
    c.secret_text("MITA_OPS_TOKEN", false);
    CHECK(c.hints() == std::vector<std::string>{
                           "MITA_RATE_USR: is no setting and has no effect, did you mean MITA_RATE_USER?",
                           "MITA_OPS_TOKN_FILE: is no setting and has no effect, did you mean MITA_OPS_TOKEN_FILE?"});
    CHECK_NOTHROW(c.finish());
    c.text("MITA_RATE_WRITE", std::nullopt);
    CHECK_THROWS_WITH(c.finish(), Catch::StartsWith("MITA_RATE_WRITE: is required and not set\nMITA_RATE_USR: is no "));
}

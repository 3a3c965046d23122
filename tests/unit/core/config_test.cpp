#include "core/config.hpp"

#include <unistd.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

using mita::config;

namespace {

using environment = std::map<std::string, std::string>;

config::lookup look(environment env) {
    return [env = std::move(env)](const std::string& name) -> std::optional<std::string> {
        const auto found = env.find(name);
        if (found == env.end()) return std::nullopt;
        return found->second;
    };
}

std::string problems(const config& c) {
    try {
        c.finish();
    } catch (const mita::config_error& e) {
        return e.what();
    }
    return "";
}

struct temp_file {
    explicit temp_file(const std::string& content)
        : path((std::filesystem::temp_directory_path() / ("mita_secret_" + std::to_string(::getpid()))).string()) {
        std::ofstream(path, std::ios::binary) << content;
    }
    ~temp_file() { std::filesystem::remove(path); }
    std::string path;
};

std::string printed(const config& c) {
    std::ostringstream out;
    c.print(out);
    return out.str();
}

}  // namespace

TEST_CASE("settings come from the environment, else from their default, and keep their source") {
    config c(look({{"MITA_HOST", "10.0.0.1"}, {"MITA_BCRYPT_COST", "13"}, {"MITA_DRAIN_MS", ""}}));
    CHECK(c.text("MITA_HOST", "127.0.0.1") == "10.0.0.1");
    CHECK(c.integer("MITA_BCRYPT_COST", 12, 4, 16) == 13);
    CHECK(c.duration_ms("MITA_DRAIN_MS", 10000, 0, 60000, "platform").count() == 10000);
    CHECK(c.integer("MITA_WORKERS", 2, 1, 16, "cgroup") == 2);
    CHECK_NOTHROW(c.finish());
    REQUIRE(c.settings().size() == 4);
    CHECK(c.settings()[0].source == "env");
    CHECK(c.settings()[2].source == "platform");
    CHECK(c.settings()[3].source == "cgroup");
    CHECK(c.settings()[3].value == "2");
}

TEST_CASE("every wrong setting is reported at once") {
    config c(
        look({{"MITA_A", "many"}, {"MITA_B", "99"}, {"MITA_C", "perhaps"}, {"MITA_D", "blue"}, {"MITA_E", "600/60"}}));
    CHECK(c.integer("MITA_A", 5, 1, 9) == 5);
    CHECK(c.integer("MITA_B", std::nullopt, 1, 9) == 1);
    CHECK(c.flag("MITA_C", true));
    CHECK(c.one_of("MITA_D", "red", {"red", "green"}) == "red");
    CHECK(c.rate_limit("MITA_E", "10;60").quota == 10);
    CHECK(c.text("MITA_F", std::nullopt) == "");
    c.problem("MITA_A and MITA_B do not go together");
    const auto text = problems(c);
    for (const char* part : {"MITA_A: must be an integer from 1 to 9, is 'many'", "MITA_B", "MITA_C", "red, green",
                             "MITA_E", "MITA_F: is required", "do not go together"})
        CHECK(text.find(part) != std::string::npos);
    CHECK(std::count(text.begin(), text.end(), '\n') == 6);
}

TEST_CASE("integers are whole numbers and nothing else") {
    for (const char* text : {"5.0", "1e1", "0x5", " 5", "5 ", "+5", "5;", "99999999999999999999"}) {
        config c(look({{"MITA_N", text}}));
        CHECK(c.integer("MITA_N", 7, 0, 100) == 7);
        CHECK_THROWS_AS(c.finish(), mita::config_error);
    }
}

TEST_CASE("a flag has the usual spellings") {
    for (const char* yes : {"1", "true", "on", "yes"}) CHECK(config(look({{"F", yes}})).flag("F", false));
    for (const char* no : {"0", "false", "off", "no"}) CHECK_FALSE(config(look({{"F", no}})).flag("F", true));
}

TEST_CASE("a rate is a quota and a window, or off") {
    config c(look({{"A", "600;60"}, {"B", "0"}}));
    const auto a = c.rate_limit("A", "1;1");
    CHECK(a.quota == 600);
    CHECK(a.window_s == 60);
    CHECK(c.rate_limit("B", "1;1").quota == 0);
    CHECK(c.rate_limit("C", "120;60").quota == 120);
    CHECK_NOTHROW(c.finish());
    for (const char* text : {"600", "600;", ";60", "600;0", "0;60", "-1;60", "600;60;60", "600,60"}) {
        config wrong(look({{"R", text}}));
        wrong.rate_limit("R", "1;1");
        CHECK_THROWS_AS(wrong.finish(), mita::config_error);
    }
}

TEST_CASE("a list is split at commas, trimmed, without empty items") {
    config c(look({{"ORIGINS", " https://a.example ,https://b.example,, "}}));
    CHECK(c.list("ORIGINS", "") == std::vector<std::string>{"https://a.example", "https://b.example"});
    CHECK(c.list("OTHER", "").empty());
    CHECK(c.list("THIRD", "x").size() == 1);
}

TEST_CASE("a secret comes from its variable or its file without the line end, and never from both") {
    const temp_file file("canary-in-file\r\n");
    config c(look({{"A", "canary-direct"}, {"B_FILE", file.path}}));
    CHECK(c.secret_text("A", true).view() == "canary-direct");
    CHECK(c.secret_text("B", true).view() == "canary-in-file");
    CHECK(c.secret_text("C", false).empty());
    CHECK_NOTHROW(c.finish());
    CHECK(c.settings()[1].source == "file");

    config both(look({{"A", "x"}, {"A_FILE", file.path}}));
    both.secret_text("A", true);
    CHECK(problems(both).find("both") != std::string::npos);
}

TEST_CASE("a missing, unreadable, short or huge secret is reported without being shown") {
    const temp_file huge(std::string(70000, 'z'));
    config c(look({{"SHORT", "canary"}, {"GONE_FILE", "/nonexistent/secret"}, {"HUGE_FILE", huge.path}}));
    c.secret_text("SHORT", true, 32);
    c.secret_text("GONE", false);
    c.secret_text("HUGE", false);
    c.secret_text("NONE", true);
    const auto text = problems(c);
    for (const char* part :
         {"SHORT: must have at least 32", "GONE_FILE: cannot be read", "HUGE_FILE: is larger", "NONE: is required"})
        CHECK(text.find(part) != std::string::npos);
    CHECK(text.find("canary") == std::string::npos);
    CHECK(text.find("zzzz") == std::string::npos);
}

TEST_CASE("the printed table is aligned and holds no secret") {
    config c(look({{"MITA_KEY", "canary-secret-value"}, {"MITA_LONG_NAME_OF_A_SETTING", "v\nw"}}));
    c.secret_text("MITA_KEY", true);
    c.text("MITA_LONG_NAME_OF_A_SETTING", "");
    c.integer("MITA_N", 5, 0, 9);
    const auto table = printed(c);
    CHECK(table.find("canary") == std::string::npos);
    CHECK(table.find("(secret)") != std::string::npos);
    std::istringstream lines(table);
    std::string line;
    std::getline(lines, line);
    const auto column = line.find("SOURCE");
    REQUIRE(column != std::string::npos);
    int rows = 0;
    for (; std::getline(lines, line); ++rows) {
        const auto source = line.substr(column);
        CHECK((source == "env" || source == "default"));
    }
    CHECK(rows == 3);
}

TEST_CASE("reading a setting twice keeps one row") {
    config c(look({}));
    c.integer("N", 1, 0, 9);
    c.integer("N", 2, 0, 9);
    REQUIRE(c.settings().size() == 1);
    CHECK(c.settings()[0].value == "2");
}

TEST_CASE("an endpoint is http://host:port, a slash at its end allowed, and nothing else") {
    config c(look({{"A", "http://auth.internal:8091"}, {"B", "http://[::1]:1/"}}));
    CHECK(c.http_endpoint("A", "").host == "auth.internal");
    CHECK(c.http_endpoint("A", "").port == 8091);
    CHECK(c.http_endpoint("B", "").host == "[::1]");
    CHECK(c.http_endpoint("C", "http://127.0.0.1:8081").port == 8081);
    c.finish();
    for (const char* bad : {"https://h:1", "http://h", "http://:1", "http://h:0", "http://h:65536", "http://h:1x",
                            "h:1", "http://h:1/path", "http://", "http://h:"}) {
        config wrong(look({{"X", bad}}));
        wrong.http_endpoint("X", "http://h:1");
        INFO(bad);
        CHECK(problems(wrong).starts_with("X: must be http://host:port"));
    }
}

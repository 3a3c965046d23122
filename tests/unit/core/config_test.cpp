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

TEST_CASE("a list is split at commas, trimmed, without empty items, and each item is checked") {
    const auto any = [](std::string_view) { return true; };
    config c(look({{"ORIGINS", " https://a.example ,https://b.example,, "}}));
    CHECK(c.list("ORIGINS", "", any, "") == std::vector<std::string>{"https://a.example", "https://b.example"});
    CHECK(c.list("OTHER", "", any, "").empty());
    CHECK(c.list("THIRD", "x", any, "").size() == 1);
    CHECK_NOTHROW(c.finish());
    config wrong(look({{"A", "x,yy,z,ww"}}));
    wrong.list("A", "", [](std::string_view item) { return item.size() == 1; }, "letters");
    CHECK(problems(wrong) == "A: must be letters, is 'yy', 'ww'");
}

TEST_CASE("an address to listen on is a numeric one") {
    for (const char* good : {"127.0.0.1", "0.0.0.0", "::", "::1", "10.1.2.3"}) {
        config c(look({{"A", good}}));
        CHECK(c.address("A", "127.0.0.1") == good);
        CHECK_NOTHROW(c.finish());
    }
    for (const char* bad : {"localhost", "127.0.0.1:80", "[::1]", "127.0.0", "256.0.0.1", "*", " ::1"}) {
        config c(look({{"A", bad}}));
        c.address("A", "127.0.0.1");
        INFO(bad);
        CHECK(problems(c).starts_with("A: must be an IP address"));
    }
}

TEST_CASE("networks are addresses with or without a length") {
    config c(look({{"A", "10.0.0.0/8, ::1/128,192.168.1.1,fd00::/8"}}));
    CHECK(c.networks("A", "").size() == 4);
    CHECK_NOTHROW(c.finish());
    for (const char* bad : {"10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "10.0.0.0/-1", "all", "10.0.0.0/8 ::1"}) {
        config wrong(look({{"A", std::string("::1,") + bad}}));
        wrong.networks("A", "");
        CHECK(problems(wrong) == "A: must be addresses or networks separated by commas (as 10.0.0.0/8,::1), is '" +
                                     std::string(bad) + "'");
    }
}

TEST_CASE("R18: an origin is a scheme and a host, perhaps with a port, and nothing else") {
    config c(look({{"A", "https://app.example.org,http://localhost:3000,capacitor://localhost,https://[::1]:8"}}));
    CHECK(c.origins("A", "").size() == 4);
    CHECK_NOTHROW(c.finish());
    for (const char* bad : {"*", "app.example.org", "https://app.example.org/", "https://a b", "https://",
                            "https://x:0", "https://*.example.org", "https://x:y"}) {
        config wrong(look({{"A", bad}}));
        wrong.origins("A", "");
        INFO(bad);
        CHECK(problems(wrong).starts_with("A: must be origins separated by commas"));
    }
}

TEST_CASE("a value that is told in an error is one line, not endless, and without the password of a URL") {
    CHECK(config::shown("a\nb") == "'a?b'");
    CHECK(config::shown("http://user:canary@h:1/x") == "'http://***@h:1/x'");
    CHECK(config::shown("http://user:can@ary/@h:1") == "'http://***@h:1'");
    CHECK(config::shown("me@example.org") == "'me@example.org'");
    CHECK(config::shown(std::string(500, 'x')) == "'" + std::string(200, 'x') + "...'");
}

TEST_CASE("a value that follows another setting keeps that one's source") {
    config c(look({{"WEB_CONCURRENCY", "3"}}));
    const auto n = c.integer("WEB_CONCURRENCY", 2, 1, 64, "cgroup");
    CHECK(c.integer("MITA_WORKERS", n, 1, 64, c.source_of("WEB_CONCURRENCY")) == 3);
    CHECK(c.source_of("MITA_WORKERS") == "env");
    config derived(look({}));
    derived.integer("WEB_CONCURRENCY", 2, 1, 64, "cgroup");
    CHECK(derived.source_of("WEB_CONCURRENCY") == "cgroup");
    CHECK(derived.source_of("NEVER_READ") == "default");
}

TEST_CASE("a secret comes from its variable or its file without the line end, and never from both") {
    const temp_file file("canary-in-file\r\n");
    config c(look({{"A", "canary-direct"}, {"B_FILE", file.path}}));
    CHECK(c.secret_text("A", true).view() == "canary-direct");
    CHECK(c.secret_text("B", true).view() == "canary-in-file");
    CHECK(c.secret_text("C", false).empty());
    CHECK_NOTHROW(c.finish());
    CHECK(c.settings()[1].source == "env");

    config both(look({{"A", "x"}, {"A_FILE", file.path}}));
    both.secret_text("A", true);
    CHECK(problems(both).find("both") != std::string::npos);
}

TEST_CASE("a missing, unreadable, short or huge secret is reported without being shown") {
    const temp_file huge(std::string(70000, 'z'));
    config c(look({{"SHORT", "canary"},
                   {"GONE_FILE", "/nonexistent/secret"},
                   {"FOLDER_FILE", "/tmp"},
                   {"EMPTY_FILE", "/dev/null"},
                   {"HUGE_FILE", huge.path}}));
    for (const char* name : {"SHORT", "GONE", "FOLDER", "EMPTY", "HUGE", "NONE"}) c.secret_text(name, true, 32);
    CHECK(c.secret_text("UNSET", false).empty());
    const auto text = problems(c);
    for (const char* part :
         {"SHORT: must have at least 32 bytes, has 6",
          "GONE_FILE: cannot be read: '/nonexistent/secret' (No such file or directory)",
          "FOLDER_FILE: cannot be read: '/tmp' (Is a directory)", "EMPTY_FILE: is empty: '/dev/null'",
          "HUGE_FILE: is larger than 64 KiB", "NONE: is required and not set (or NONE_FILE)"})
        CHECK(text.find(part) != std::string::npos);
    CHECK(std::count(text.begin(), text.end(), '\n') == 5);  // one line a setting
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
                            "h:1", "http://h:1/path", "http://", "http://h:", "http://u:canary@h:1", "http://a b:1",
                            "http://[h]:1", "http://[::1]"}) {
        config wrong(look({{"X", bad}}));
        wrong.http_endpoint("X", "http://h:1");
        INFO(bad);
        CHECK(problems(wrong).starts_with("X: must be http://host:port"));
        CHECK(problems(wrong).find("canary") == std::string::npos);
    }
}

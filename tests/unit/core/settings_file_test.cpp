#include "core/settings_file.hpp"

#include <unistd.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <string>

using mita::read_settings_file;

namespace {

struct written {
    explicit written(const std::string& content)
        : path((std::filesystem::temp_directory_path() / ("mita_settings_" + std::to_string(::getpid()))).string()) {
        std::ofstream(path, std::ios::binary) << content;
    }
    ~written() { std::filesystem::remove(path); }
    std::string path;
};

}  // namespace

TEST_CASE("R26: a settings file has a line each, comments, and values in quotes or without") {
    const written file("# ours\n\n A = 1 \r\nMITA_B='two words'\nC=\"x\"\n_D9=\nE=a=b\nF='\nG='x\"");
    const auto read = read_settings_file(file.path);
    CHECK(read.problems.empty());
    CHECK(read.values.size() == 7);
    CHECK(read.values.at("A") == "1");
    CHECK(read.values.at("MITA_B") == "two words");
    CHECK(read.values.at("C") == "x");
    CHECK(read.values.at("_D9").empty());
    CHECK(read.values.at("E") == "a=b");
    CHECK(read.values.at("F") == "'");
    CHECK(read.values.at("G") == "'x\"");
}

TEST_CASE("R26: every wrong line of a settings file is named by its number, without what it holds") {
    const written file(std::string("A=1\nhello secret\n=3\n1A=4\na=5\nA=6\nMITA_SETTINGS_FILE=x\nB=\0\n", 58));
    const auto read = read_settings_file(file.path);
    REQUIRE(read.problems.size() == 7);
    for (std::size_t i = 0; i < read.problems.size(); ++i) {
        CHECK(read.problems[i].starts_with("line " + std::to_string(i + 2) + " of "));
        CHECK(read.problems[i].find("secret") == std::string::npos);
    }
}

TEST_CASE("R26: a settings file that is missing, a folder or endless is a problem") {
    CHECK(read_settings_file("/nowhere/at/all").problems.at(0).starts_with("cannot be read: '/nowhere/at/all'"));
    CHECK(read_settings_file("/tmp").problems.size() == 1);
    const written large(std::string((1 << 16) + 1, '#'));
    CHECK(read_settings_file(large.path).problems.at(0).starts_with("is larger than 64 KiB"));
}

#include "http/matcher.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <vector>

using namespace mita::http;

namespace {

const std::vector<route_key> table = {
    {verb::get, "/v1/transactions"},
    {verb::post, "/v1/transactions"},
    {verb::post, "/v1/transactions:batch"},
    {verb::get, "/v1/transactions/{id}"},
    {verb::patch, "/v1/transactions/{id}"},
    {verb::post, "/v1/transactions/{id}:restore"},
    {verb::get, "/v1/budgets/{month}/categories/{category}"},
    {verb::get, "/v1/users/me"},
    {verb::del, "/v1/users/{id}"},
    {verb::get, "/v1/a/x"},
    {verb::get, "/v1/{p}/y"},
    {verb::get, "/"},
    {verb::options, "/v1/own"},
};

}  // namespace

TEST_CASE("Routes are found by method and path, literals before names") {
    const matcher m(table);
    const struct {
        verb method;
        const char* path;
        int index;
        const char* first_param;
    } cases[] = {
        {verb::get, "/v1/transactions", 0, ""},
        {verb::head, "/v1/transactions", 0, ""},
        {verb::post, "/v1/transactions", 1, ""},
        {verb::post, "/v1/transactions:batch", 2, ""},
        {verb::get, "/v1/transactions/7", 3, "7"},
        {verb::head, "/v1/transactions/7", 3, "7"},
        {verb::patch, "/v1/transactions/7", 4, "7"},
        {verb::post, "/v1/transactions/7:restore", 5, "7"},
        {verb::get, "/v1/budgets/2026-04/categories/food", 6, "2026-04"},
        {verb::get, "/v1/users/me", 7, ""},
        {verb::del, "/v1/users/9", 8, "9"},
        {verb::get, "/v1/a/x", 9, ""},
        {verb::get, "/v1/a/y", 10, "a"},
        {verb::get, "/", 11, ""},
        {verb::options, "/v1/own", 12, ""},
        {verb::get, "/v1/transactions/a%3Ab", 3, "a%3Ab"},
    };
    for (const auto& c : cases) {
        INFO(c.path);
        const auto got = m.find(c.method, c.path);
        CHECK(got.index == c.index);
        CHECK(got.params[0] == c.first_param);
    }
    CHECK(m.find(verb::get, "/v1/budgets/2026-04/categories/food").params[1] == "food");
}

TEST_CASE("A path that exists under other methods is told from one that does not exist") {
    const matcher m(table);
    const struct {
        verb method;
        const char* path;
        const char* allow;
    } cases[] = {
        {verb::del, "/v1/transactions", "GET, HEAD, POST, OPTIONS"},
        {verb::get, "/v1/transactions:batch", "POST, OPTIONS"},
        {verb::get, "/v1/transactions/7:restore", "POST, OPTIONS"},
        {verb::post, "/v1/transactions/7", "GET, HEAD, PATCH, OPTIONS"},
        {verb::del, "/v1/users/me", "GET, HEAD, OPTIONS"},
        {verb::get, "/v1/own", "OPTIONS"},
        {verb::get, "/nothing", ""},
        {verb::get, "/v1", ""},
        {verb::get, "/v1/", ""},
        {verb::get, "/v1/transactions/", ""},
        {verb::get, "/v1/transactions/7/", ""},
        {verb::get, "/v1/transactions/7/x", ""},
        {verb::post, "/v1/transactions/7:unknown", ""},
        {verb::get, "/v1/transactions/7:", ""},
        {verb::post, "/v1/transactions/:restore", ""},
        {verb::post, "/v1/transactions/a:b:restore", ""},
        {verb::get, "/V1/transactions", ""},
        {verb::get, "", ""},
        {verb::options, "*", ""},
    };
    for (const auto& c : cases) {
        INFO(c.path);
        const auto got = m.find(c.method, c.path);
        CHECK(got.index == -1);
        CHECK(got.allow == c.allow);
    }
}

TEST_CASE("A table with a duplicate or malformed path does not start") {
    for (const char* path : {"", "v1", "/v1/", "//", "/{}", "/{a}b", "/{a}:", "/a{b}", "/{a", "/{a}/{b}/{c}/{d}/{e}"}) {
        INFO(path);
        const std::vector<route_key> bad = {{verb::get, path}};
        CHECK_THROWS_AS(matcher(bad), std::invalid_argument);
    }
    const std::vector<route_key> twice = {{verb::get, "/a/{x}"}, {verb::get, "/a/{y}"}};
    CHECK_THROWS_AS(matcher(twice), std::invalid_argument);
}

// The gateway's map says what the contract says.
#include "gateway/routes.hpp"
#include "gateway/own/openapi_json.hpp"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

namespace json = boost::json;
using namespace mita;
using gateway::target;

namespace {

std::string lower(std::string_view s) {
    std::string out(s);
    std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
    return out;
}

bool is_method(std::string_view name) {
    for (const char* m : {"get", "post", "put", "patch", "delete"})
        if (name == m) return true;
    return false;
}

const gateway::gateway_route* row(std::string_view method, std::string_view path) {
    for (const auto& r : gateway::routes())
        if (lower(http::name(r.method)) == method && r.path == path) return &r;
    return nullptr;
}

}  // namespace

TEST_CASE("The gateway's map and the contract hold the same calls") {
    const auto contract = json::parse(gateway::own::openapi_json());
    std::set<std::string> described, mapped;
    for (const auto& [path, item] : contract.at("paths").as_object())
        for (const auto& [method, operation] : item.as_object())
            if (is_method(method)) described.insert(std::string(method) + ' ' + std::string(path));
    for (const auto& r : gateway::routes()) mapped.insert(lower(http::name(r.method)) + ' ' + std::string(r.path));
    REQUIRE(mapped == described);
    REQUIRE(mapped.size() == gateway::routes().size());
}

TEST_CASE("The gateway asks for a token where the contract does, and nowhere before") {
    const auto contract = json::parse(gateway::own::openapi_json());
    for (const auto& [path, item] : contract.at("paths").as_object())
        for (const auto& [method, operation] : item.as_object()) {
            if (!is_method(method)) continue;
            const auto* security = operation.as_object().if_contains("security");
            // Of a person; what services show is judged by the service (O1).
            bool open = security != nullptr;
            if (security != nullptr)
                for (const auto& one : security->as_array()) open = open && !one.as_object().contains("bearer");
            const auto* r = row(method, path);
            INFO(method << ' ' << path);
            REQUIRE(r != nullptr);
            if (open) REQUIRE_FALSE(r->token);
            // A dead token may still be logged out (S8): auth judges it.
            const bool judged_there = path.starts_with("/v1/auth/logout");
            if (!open && r->to != target::own && !judged_there) REQUIRE(r->token);
        }
}

TEST_CASE("Nothing internal is on the gateway's map") {
    for (const auto& r : gateway::routes()) {
        REQUIRE(r.path.find("internal") == std::string_view::npos);
        REQUIRE((r.to == target::own) == (r.own != nullptr));
        if (r.to == target::auth)
            REQUIRE((r.path.starts_with("/v1/auth/") || r.path.starts_with("/v1/admin/") ||
                     r.path.starts_with("/.well-known/")));
        if (r.to == target::finance)
            REQUIRE(
                (r.path.starts_with("/v1/") && !r.path.starts_with("/v1/auth/") && !r.path.starts_with("/v1/admin/")));
    }
}

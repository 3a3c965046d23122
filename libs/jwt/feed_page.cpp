#include "jwt/feed_page.hpp"

#include "core/json_parse.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <string>

namespace mita::jwt {

namespace {

namespace json = boost::json;

constexpr std::size_t max_entries = 2'000'000;  // the answer's size is bounded by the client

std::optional<std::int64_t> integer(const json::object& o, std::string_view name) {
    const auto* v = o.if_contains(name);
    if (v == nullptr || !v->is_int64() || v->get_int64() < 0) return std::nullopt;
    return v->get_int64();
}

std::optional<std::string> text(const json::object& o, std::string_view name) {
    const auto* v = o.if_contains(name);
    if (v == nullptr || !v->is_string()) return std::nullopt;
    return std::string(v->get_string().data(), v->get_string().size());
}

std::optional<revocation_kind> kind_of(std::string_view name) {
    if (name == "session") return revocation_kind::session;
    if (name == "user") return revocation_kind::user;
    if (name == "token") return revocation_kind::token;
    if (name == "key") return revocation_kind::key;
    if (name == "person") return revocation_kind::person;
    return std::nullopt;
}

// False when the entry is malformed.
bool read_entry(const json::value& v, feed_page& page) {
    if (!v.is_object()) return false;
    const auto& o = v.get_object();
    const auto kind = text(o, "kind"), id = text(o, "id");
    const auto sequence = integer(o, "sequence"), not_before = integer(o, "not_before"),
               expires_at = integer(o, "expires_at");
    if (!kind || !id || id->empty() || !sequence || !not_before || !expires_at) return false;
    const auto known = kind_of(*kind);
    if (!known) {
        ++page.unknown;
        return true;
    }
    if (*known != revocation_kind::key && !uuid::parse(*id)) return false;
    page.entries.push_back({*sequence, *known, *id, *not_before, *expires_at});
    return true;
}

}  // namespace

std::optional<feed_page> read_feed_page(std::string_view body) {
    json_limits limits;
    limits.depth = 4;
    limits.members = max_entries;
    json::value root;
    if (parse_json(body, limits, root) || !root.is_object()) return std::nullopt;
    const auto& o = root.get_object();
    const auto sequence = integer(o, "sequence");
    const auto* entries = o.if_contains("revocations");
    const auto* reset = o.if_contains("reset");
    if (!sequence || entries == nullptr || !entries->is_array() || (reset != nullptr && !reset->is_bool()))
        return std::nullopt;
    feed_page page;
    page.sequence = *sequence;
    page.reset = reset != nullptr && reset->get_bool();
    page.entries.reserve(entries->get_array().size());
    for (const auto& v : entries->get_array())
        if (!read_entry(v, page)) return std::nullopt;
    return page;
}

}  // namespace mita::jwt

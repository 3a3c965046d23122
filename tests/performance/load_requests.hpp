// What the load generator sends and which answers it takes. A file of JSON lines
// {"method","target","headers":{},"body","expect":{"200":{"equals"|"contains"|"header":..}}}; "{n}" in headers or body
// becomes a number of its own per request. A malformed file throws std::exception.
#pragma once

#include <boost/json.hpp>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mita::load {

struct rule {
    std::optional<std::string> equals, contains, header;
};
struct sample_request {
    std::string head, body, wire;  // wire: all of it, when nothing changes from one request to the next
    std::map<unsigned, rule> expect;
};
struct answer {
    unsigned status = 0;
    std::string_view head, body;
    bool close = false;
};
inline std::string text_of(const boost::json::object& o, const char* name) {
    const auto* v = o.if_contains(name);
    return v ? std::string(v->as_string()) : std::string();
}
inline std::optional<std::string> maybe(const boost::json::object& o, const char* name) {
    return o.contains(name) ? std::optional(text_of(o, name)) : std::nullopt;
}
inline void fill_in(std::string& text, std::uint64_t n) {
    for (auto at = text.find("{n}"); at != std::string::npos; at = text.find("{n}", at))
        text.replace(at, 3, std::to_string(n));
}
inline std::string wire_of(const sample_request& r, std::uint64_t n) {
    auto head = r.head, body = r.body;
    fill_in(head, n);
    fill_in(body, n);
    if (!body.empty()) head += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return head + "\r\n" + body;
}
inline std::vector<sample_request> read_requests(const std::string& path, const std::string& host, std::uint16_t port) {
    std::vector<sample_request> out;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        const auto in = boost::json::parse(line).as_object();
        auto& r = out.emplace_back();
        r.head = text_of(in, "method") + " " + text_of(in, "target") + " HTTP/1.1\r\nHost: " + host + ":" +
                 std::to_string(port) + "\r\n";
        if (const auto* headers = in.if_contains("headers"))
            for (const auto& [name, value] : headers->as_object())
                r.head += std::string(name) + ": " + std::string(value.as_string()) + "\r\n";
        r.body = text_of(in, "body");
        if ((r.head + r.body).find("{n}") == std::string::npos) r.wire = wire_of(r, 0);
        for (const auto& [status, value] : in.at("expect").as_object()) {
            const auto& e = value.as_object();
            r.expect[static_cast<unsigned>(std::stoul(status))] = {maybe(e, "equals"), maybe(e, "contains"),
                                                                   maybe(e, "header")};
        }
    }
    if (out.empty()) throw std::runtime_error("no requests in " + path);
    return out;
}

inline bool iequal(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return (x | 32) == (y | 32); });
}
inline std::optional<std::string_view> header_of(std::string_view head, std::string_view name) {
    for (auto at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
        const auto line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
        if (line.size() <= name.size() || line[name.size()] != ':' || !iequal(line.substr(0, name.size()), name))
            continue;
        const auto start = line.find_first_not_of(' ', name.size() + 1);
        return start == std::string_view::npos ? std::string_view() : line.substr(start);
    }
    return std::nullopt;
}

// Is this an answer the file allows? A status it does not name is a wrong one.
inline bool fits(const sample_request& r, const answer& got) {
    const auto found = r.expect.find(got.status);
    if (found == r.expect.end()) return false;
    const auto& e = found->second;
    return (!e.equals || got.body == *e.equals) &&
           (!e.contains || got.body.find(*e.contains) != std::string_view::npos) &&
           (!e.header || header_of(got.head, *e.header));
}

}  // namespace mita::load

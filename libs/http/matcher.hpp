// From method and path to a route: a segment trie compiled once from a table, read without allocation by any thread.
// Paths: literal segments, {name} for one whole segment, {name}:verb. Literals win over {name}; what a {name} takes
// never holds a
// ':' (a client that needs one sends %3A), so that "/v1/x/a:unknown" is a 404 and not the resource "a:unknown".
#pragma once

#include "http/message.hpp"

#include <array>
#include <memory>
#include <span>
#include <string_view>

namespace mita::http {

struct route_key {
    verb method;
    std::string_view path;
};

class matcher {
public:
    explicit matcher(
        std::span<const route_key> routes);  // throws std::invalid_argument on a duplicate or malformed path
    ~matcher();
    matcher(const matcher&) = delete;
    matcher& operator=(const matcher&) = delete;

    struct result {
        int index = -1;          // of the route; -1: none
        std::string_view allow;  // not empty when the path exists: the Allow value, with HEAD and OPTIONS
        std::array<std::string_view, 4> params;
    };
    // HEAD falls back to GET (RFC 9110 9.3.2). Views point into `path` and into the matcher.
    result find(verb method, std::string_view path) const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace mita::http

// Where each path goes: longest prefix wins. The whole map of the outside is routes.cpp.
#pragma once

#include "http/message.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace mita::gateway {

enum class target : std::uint8_t { none, auth, finance, own };
enum class limit : std::uint8_t { user, login, registration };  // which rate limit counts the call

struct gateway_route {
    std::string_view path;  // a whole path, or with `prefix` what it starts with
    bool prefix;
    target to;
    bool token;  // a valid access token is required here already
    limit by;
    std::size_t body_limit;  // bytes
};

// The route of a normalised path; target::none for what the outside must not reach.
const gateway_route& find_route(std::string_view path);
std::span<const gateway_route> all_routes();

}  // namespace mita::gateway

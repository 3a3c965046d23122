// What a service gets for its secret: an access token of a type and an audience of its own (T10, O2), which no service
// takes for a person's. Its `sub` and `client_id` are the client, its `sid` is what ends with the client's secret.
#pragma once

#include "auth/clients/client_store.hpp"
#include "jwt/keys.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace mita::auth {

inline constexpr std::string_view service_token_type = "service+jwt";

// "service" and what the client may; nullopt when `asked` names something else. asked: words, empty: all.
std::optional<std::string> granted_scope(const client& c, std::string_view asked);

std::string issue_service_token(const client& c, std::string scope, std::string issuer, std::string audience,
                                std::chrono::seconds lives, const jwt::signing_key& with);

}  // namespace mita::auth

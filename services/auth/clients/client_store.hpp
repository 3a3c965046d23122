// Services that ask auth by themselves (O2): SQL of clients. Used by the handlers of client_credentials, introspection
// and revocation and by `mita-auth clients …`. Errors as db::pool throws them.
#pragma once

#include "core/ids.hpp"
#include "core/secret.hpp"
#include "db/pool.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mita::auth {

// Beside "service", which each of its tokens has. introspect: may ask about tokens of others; revoke: may end them.
inline constexpr std::string_view client_scopes[] = {"introspect", "revoke"};

struct client {
    uuid id, session;  // session: the `sid` of its tokens
    std::string name, scope;
    std::string secret_hash;
    std::optional<std::string> former_hash;  // while it is good
    wall::time_point created_at, rotated_at;
};

// Form: "mcs_" + base64url(32 bytes).
secret new_client_secret();
std::optional<std::string> hash_of_client_secret(std::string_view text);

class client_store {
public:
    explicit client_store(db::pool& db) : db_(db) {}
    awaitable<std::optional<client>> find(uuid id, deadline d);
    // By name, at most 10,000.
    awaitable<std::vector<client>> list(deadline d);
    // False: the name is taken.
    awaitable<bool> add(client c, deadline d);
    // overlap: how long the former secret and its tokens stay good; 0: not at all. False: no such client.
    awaitable<bool> rotate(uuid id, std::string secret_hash, std::chrono::seconds overlap,
                           std::chrono::seconds tokens_live, deadline d);
    awaitable<bool> remove(uuid id, std::chrono::seconds tokens_live, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::auth

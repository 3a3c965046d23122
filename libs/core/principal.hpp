// Who a request acts for, as a verified access token says. Filled by jwt's validator, read by handlers.
// No service trusts a header for identity: each verifies the token itself (SECURITY.md).
#pragma once

#include "core/ids.hpp"

#include <cstdint>
#include <string>

namespace mita {

struct principal {
    uuid user_id;     // sub
    uuid session_id;  // sid
    std::string client_id;
    std::string scope;            // space separated, as in the token
    std::string role;             // "user", "admin" or "service"
    std::int64_t auth_time = 0;   // unix seconds of the last real authentication
    std::int64_t expires_at = 0;  // unix seconds (exp)
};

}  // namespace mita

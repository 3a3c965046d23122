// Who a request acts for, as a verified access token says. Filled by jwt's validator, read by handlers.
// No service trusts a header for identity: each verifies the token itself.
#pragma once

#include "core/ids.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace mita {

struct principal {
    uuid user_id;     // sub
    uuid session_id;  // sid
    std::string client_id;
    std::string scope;            // space separated: "user", "admin", "service"
    std::int64_t auth_time = 0;   // unix seconds of the last real authentication
    std::int64_t expires_at = 0;  // unix seconds (exp)

    bool may(std::string_view wanted) const {  // is it one of scope's words?
        for (std::string_view rest = scope; !rest.empty();) {
            const auto end = rest.find(' ');
            if (rest.substr(0, end) == wanted) return true;
            rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        }
        return false;
    }
};

}  // namespace mita

// Client authentication (RFC 6749 2.3.1): is this the client's secret? A right one passes whatever strangers tried;
// wrong ones count against their network (L3). Used by app.
#pragma once

#include "auth/clients/client_store.hpp"
#include "core/log.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mita::auth {

struct checked_client {
    std::optional<client> is;  // none: unknown, or not its secret
    std::optional<uuid> of;    // whose the secret was said to be, when there is such a client
};

// Throws 429 as attempt::begin where too many were wrong.
awaitable<checked_client> check_client(db::pool& db, logger& log, std::string id, secret password,
                                       std::string client_address, deadline d);

// 401 invalid_client, the same for every reason. Asks for Basic.
[[noreturn]] void refuse_client();

}  // namespace mita::auth

// Host names to addresses before libpq sees them: PQconnectStart would ask DNS on the event loop. Used by connection
// alone.
#pragma once

#include "core/async.hpp"
#include "core/deadline.hpp"
#include "db/url.hpp"

#include <vector>

namespace mita::db {

// The endpoints with every name replaced by its addresses (one endpoint each, same name for TLS). Asio's resolver
// thread asks. Names that do not resolve are left out when another endpoint remains; else throws db::error 08001.
// Deadline: enforced.
awaitable<std::vector<endpoint>> resolve(executor ex, std::vector<endpoint> endpoints, deadline d);

}  // namespace mita::db

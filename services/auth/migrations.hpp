// The migrations of schema auth, embedded at build time from schema/*.sql.
#pragma once

#include "db/migrate.hpp"

#include <span>

namespace mita::auth {

std::span<const db::migration> migrations();

}  // namespace mita::auth

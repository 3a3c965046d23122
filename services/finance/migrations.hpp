// The migrations of schema finance, embedded at build time from schema/*.sql.
#pragma once

#include "db/migrate.hpp"

#include <span>

namespace mita::finance {

std::span<const db::migration> migrations();

}  // namespace mita::finance

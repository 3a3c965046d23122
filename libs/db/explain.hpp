// The one mapping of database faults to answers, for each App::explain: unavailable -> 503 + Retry-After, a statement's
// own timeout -> 504. nullopt: not a database fault of that kind (then it is a bug: 500).
#pragma once

#include "core/error.hpp"

#include <exception>
#include <optional>

namespace mita::db {

std::optional<api_error> explain(const std::exception& e);

}  // namespace mita::db

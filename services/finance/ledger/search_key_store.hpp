// Makes the search keys of transactions that have none yet: written by a release that knew none (schema: 008_search).
// Used before a person's search, and by and by for everybody.
#pragma once

#include "core/deadline.hpp"
#include "core/ids.hpp"
#include "db/pool.hpp"

#include <optional>

namespace mita::finance {

// Of some of them, of this person or of anybody; true: there may be more. What another is writing is left for later.
// Throws db::error, deadline_exceeded, overloaded.
awaitable<bool> make_searchable(db::pool& db, std::optional<uuid> user, deadline d);

}  // namespace mita::finance

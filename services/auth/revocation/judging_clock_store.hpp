// The one clock that judges sessions and revocations is the database's, however many instances ask and whatever their
// own clocks say. Used by session_store and revocation_store.
#pragma once

#include "db/pool.hpp"

#include <cstdint>

namespace mita::auth {

// What to add to the database's clock, in microseconds: 0, and no statement, but where tests move the clock
// (core/moved_clock.hpp); there this process's moves are told to the others, and theirs learnt. Errors as db::pool
// throws them.
awaitable<std::int64_t> clock_moved(db::pool& db, deadline d);

}  // namespace mita::auth

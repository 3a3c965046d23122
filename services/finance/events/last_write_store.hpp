// The numbers of people's last writes: what says that their streams have something to tell. Used by write_watch.
#pragma once

#include "core/deadline.hpp"
#include "core/ids.hpp"
#include "db/pool.hpp"

#include <cstdint>
#include <unordered_map>
#include <vector>

namespace mita::finance {

class last_write_store {
public:
    explicit last_write_store(db::pool& db) : db_(db) {}
    // Of those who have a row. Throws db::error, deadline_exceeded, overloaded.
    awaitable<std::unordered_map<uuid, std::int64_t>> of(std::vector<uuid> people, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::finance

// The number of a person's last write: what a heartbeat looks at.
#pragma once

#include "core/deadline.hpp"
#include "core/ids.hpp"
#include "db/pool.hpp"

#include <cstdint>

namespace mita::finance {

class last_write_store {
public:
    explicit last_write_store(db::pool& db) : db_(db) {}
    // -1: the person has no row. Throws db::error, deadline_exceeded, overloaded.
    awaitable<std::int64_t> of(const uuid& user, deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::finance

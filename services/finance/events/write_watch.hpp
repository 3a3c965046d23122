// Finds out who of those with a stream here has written, wherever the write was made: one statement a look, whatever
// the streams, and none while there is none. So no write has to announce itself, and none is missed for long. On
// worker 0 only; serve() has it look four times a second.
#pragma once

#include "finance/events/last_write_store.hpp"
#include "finance/events/stream_places.hpp"

#include <cstdint>
#include <functional>
#include <unordered_map>

namespace mita::finance {

class write_watch {
public:
    // tell: that somebody's streams may have something to read.
    write_watch(const stream_places& places, db::pool& db, metrics::counter& failed,
                std::function<void(const uuid&)> tell);

    // Within 2 s; what failed is counted and looked at by the next.
    awaitable<void> look();

private:
    const stream_places& places_;
    last_write_store store_;
    metrics::counter& failed_;
    const std::function<void(const uuid&)> tell_;
    std::unordered_map<uuid, std::int64_t> seen_;  // by the last look
};

}  // namespace mita::finance

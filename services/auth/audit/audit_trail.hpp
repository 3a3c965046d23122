// Where events are noted: a bounded queue in memory that a job empties into the database, so that nobody waits for it
// (A2). Away with the database, it holds as many as it is told; what is beyond is counted, said and degrades. One per
// process; note() from any thread.
#pragma once

#include "auth/audit/audit_event.hpp"
#include "core/log.hpp"
#include "core/metrics.hpp"
#include "db/pool.hpp"

#include <cstdint>
#include <deque>
#include <mutex>

namespace mita::auth {

class audit_trail {
public:
    audit_trail(metrics::registry& r, logger& log, std::size_t most);

    void note(audit_event e);
    // Writes all that is queued. Throws as db::pool: what was not written stays queued.
    awaitable<void> flush(db::pool& db, deadline d);
    std::size_t waiting() const;
    bool full() const;  // something was dropped since the last batch that was written

private:
    logger& log_;
    const std::size_t most_;
    metrics::counter &written_, &dropped_;
    mutable std::mutex mutex_;
    std::deque<audit_event> queue_;
    bool full_ = false;
};

}  // namespace mita::auth

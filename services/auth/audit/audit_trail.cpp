#include "auth/audit/audit_trail.hpp"

#include "auth/audit/audit_store.hpp"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

namespace mita::auth {

namespace {

constexpr std::size_t batch = 500;

}  // namespace

audit_trail::audit_trail(metrics::registry& r, logger& log, std::size_t most)
    : log_(log),
      most_(most),
      written_(r.make_counter("mita_auth_audit_events_total", "Events of the audit trail", {{"result", "written"}})),
      dropped_(r.make_counter("mita_auth_audit_events_total", "Events of the audit trail", {{"result", "dropped"}})) {
    r.callback("mita_auth_audit_waiting", "Events not written yet", "gauge", {},
               [this] { return static_cast<double>(waiting()); });
}

void audit_trail::note(audit_event e) {
    const std::scoped_lock lock(mutex_);
    if (queue_.size() < most_) {
        queue_.push_back(std::move(e));
        return;
    }
    dropped_.add();
    if (!std::exchange(full_, true)) log_.error("audit_queue_full").with("events", static_cast<std::int64_t>(most_));
}

// One flush at a time: the job's, or the one of the end. Written first, taken from the queue then: nothing is lost
// between, and what is written twice is kept once.
awaitable<void> audit_trail::flush(db::pool& db, deadline d) {
    audit_store store(db);
    for (;;) {
        std::vector<audit_event> some;
        {
            const std::scoped_lock lock(mutex_);
            const auto n = std::min(batch, queue_.size());
            some.assign(queue_.begin(), std::next(queue_.begin(), static_cast<std::ptrdiff_t>(n)));
        }
        if (some.empty()) co_return;
        co_await store.add(some, d);
        written_.add(some.size());
        const std::scoped_lock lock(mutex_);
        queue_.erase(queue_.begin(), std::next(queue_.begin(), static_cast<std::ptrdiff_t>(some.size())));
        full_ = false;
    }
}

std::size_t audit_trail::waiting() const {
    const std::scoped_lock lock(mutex_);
    return queue_.size();
}

bool audit_trail::full() const {
    const std::scoped_lock lock(mutex_);
    return full_;
}

}  // namespace mita::auth

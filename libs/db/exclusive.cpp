// The exclusive lane of db::pool: lazy connections, each with one owner at a time, handed on to whoever waits longest.
// Never put back for the fastest to take: then the releasing caller wins each time and the others starve.
#include "core/error.hpp"
#include "db/pool_core.hpp"

#include <algorithm>
#include <utility>

namespace mita::db {

namespace {

constexpr statement rollback_left_over{"rollback", "rollback"};

}  // namespace

awaitable<pool_core::link> pool_core::acquire(self_ptr self, deadline d) {
    const auto began = clock::now();
    if (began >= d.time()) {
        self->meters_.failed("deadline");
        throw deadline_exceeded("deadline passed before a transaction");
    }
    if (self->closing_) throw error("08003", "", "the database pool is closed");
    if (self->line_.empty() && !self->idle_.empty()) {
        auto l = std::move(self->idle_.back());
        self->idle_.pop_back();
        self->lent_.push_back(l);
        self->meters_.waited_exclusive(began, {}, true);
        self->publish();
        co_return l;
    }
    self->refuse_when_away(began);
    if (self->line_.size() >= self->options_.max_waiting) {
        self->meters_.failed("overloaded");
        throw overloaded("too many callers wait for a database transaction");
    }
    const bool all_lent = self->idle_.size() + self->lent_.size() >= self->options_.exclusive;
    const auto mine = std::make_shared<hand_off>(self->ex_);
    self->line_.push_back(mine);
    self->wake_.cancel();  // a new connection may be wanted
    self->publish();
    const bool served = co_await mine->ready.wait(d);
    const auto now = clock::now();
    self->meters_.waited_exclusive(now, now - began, all_lent);
    if (!served) {
        std::erase(self->line_, mine);
        self->meters_.failed("deadline");
        self->publish();
        throw deadline_exceeded("deadline passed while waiting for a database transaction");
    }
    if (mine->failure) {
        self->meters_.failed(*mine->failure);
        throw error(*mine->failure);
    }
    co_return mine->given;
}

void pool_core::release(const link& l) {
    std::erase(lent_, l);
    if (stopped_ || !l->idle() || worn_out(*l, clock::now())) {
        l->close();
        wake_.cancel();  // somebody may wait for its place
    } else {
        hand_on(l);
    }
    publish();
}

void pool_core::release_after_rollback(const link& l) {
    if (!l->alive() || l->idle()) {
        release(l);
        return;
    }
    items what;
    what.emplace_back(&rollback_left_over, params());
    const auto c = std::make_shared<call>(ex_, std::move(what));
    c->finally = [self = shared_from_this(), l] { self->release(l); };
    l->submit(c);
}

// To the head of the line, else to rest.
void pool_core::hand_on(const link& l) {
    if (line_.empty()) {
        idle_.push_back(l);
        return;
    }
    const auto next = std::move(line_.front());
    line_.pop_front();
    lent_.push_back(l);
    next->given = l;
    next->ready.notify();
}

void pool_core::on_exclusive_lost(const connection* c) {
    std::erase_if(idle_, [c](const link& l) { return l.get() == c; });
    wake_.cancel();
    publish();  // lent ones come back by release()
}

}  // namespace mita::db

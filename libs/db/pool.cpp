// db::pool and its pipelined lane. The exclusive lane is in exclusive.cpp, reconnecting in upkeep.cpp.
#include "db/pool.hpp"

#include "core/clock.hpp"
#include "core/error.hpp"
#include "db/pool_core.hpp"

#include <algorithm>
#include <cassert>
#include <stdexcept>
#include <utility>

namespace mita::db {

namespace {

constexpr std::size_t most_params = 65535;  // of one statement, by the protocol

connection_options link_options_of(const pool_options& o) {
    session_settings s;
    s.application_name = o.application_name;
    s.search_path = o.search_path;
    s.statement_timeout = o.statement_timeout;
    s.idle_in_transaction_timeout = o.idle_in_transaction_timeout;
    s.generic_plans = o.generic_plans;
    connection_options out(startup_of(o.url, s));
    out.prepared = o.prepared;
    out.max_abandoned = std::max<std::size_t>(4, o.max_in_flight / 2);
    constexpr std::chrono::milliseconds least{1000};
    constexpr std::chrono::milliseconds without_timeout{30'000};
    out.step_limit = o.statement_timeout.count() > 0 ? std::max(2 * o.statement_timeout, least) : without_timeout;
    return out;
}

pool_core::items single(const statement* s, params p) {
    pool_core::items out;
    out.emplace_back(s, std::move(p));
    return out;
}

}  // namespace

pool::pool(executor ex, pool_options options, logger& log, metrics::registry& metrics)
    : core_(std::make_shared<pool_core>(ex, std::move(options), log, metrics)) {
    core_->start();
}

pool::~pool() { core_->stop(); }

awaitable<rows> pool::run(const statement* s, deadline d, params p) {
    return pool_core::execute_one(core_, single(s, std::move(p)), d, false);
}

awaitable<rows> pool::run_idempotent(const statement* s, deadline d, params p) {
    return pool_core::execute_one(core_, single(s, std::move(p)), d, true);
}

awaitable<std::vector<rows>> pool::run_batch(batch b, deadline d) {
    return pool_core::execute(core_, std::move(b.items), d, false);
}

pool_stats pool::stats() const { return core_->stats(); }

bool pool::ready() const { return core_->ready(); }

awaitable<void> pool::close(deadline d) { return pool_core::close(core_, d); }

pool_core::pool_core(executor ex, pool_options options, logger& log, metrics::registry& metrics)
    : ex_(ex),
      options_(std::move(options)),
      link_options_(link_options_of(options_)),
      log_(log),
      meters_(metrics, std::max(1u, options_.pipelined) + options_.exclusive,
              std::max(1u, options_.pipelined) * options_.max_in_flight),
      random_(std::random_device{}()),
      slots_(std::max(1u, options_.pipelined)),
      down_since_(clock::now()),
      wake_(ex),
      pause_(ex),
      watch_(ex) {}

awaitable<rows> pool_core::execute_one(self_ptr self, items what, deadline d, bool retry) {
    auto results = co_await execute(std::move(self), std::move(what), d, retry);
    co_return std::move(results.front());
}

awaitable<std::vector<rows>> pool_core::execute(self_ptr self, items what, deadline d, bool retry) {
    bool unnamed = false;
    for (int attempt = 0;; ++attempt) {
        if (what.empty()) co_return std::vector<rows>();
        const auto c = std::make_shared<call>(self->ex_, std::move(what));
        c->unnamed = unnamed;
        self->admit(c, d);
        const bool answered = co_await c->done.wait(d);
        d.add_db(clock::now() - c->queued);
        if (!answered) {
            self->leave(*c);
            throw deadline_exceeded("deadline of a database statement passed");
        }
        if (!c->failure) {
            self->meters_.answered(c->items.front().what, *c);
            co_return std::move(c->results);
        }
        self->meters_.failed(*c->failure);
        const bool again = attempt == 0 && (c->stale_plan || (retry && c->failure->is_unavailable()));
        if (!again || self->stopped_) throw error(*c->failure);
        unnamed = c->stale_plan;
        what = std::move(c->items);
    }
}

void pool_core::admit(const std::shared_ptr<call>& c, deadline d) {
    for (const auto& item : c->items)
        if (item.with.count() > most_params) throw std::logic_error("db: more than 65535 parameters");
    c->queued = clock::now();
    if (c->queued >= d.time()) {
        meters_.failed("deadline");
        throw deadline_exceeded("deadline passed before a database statement");
    }
    if (closing_) throw error("08003", "", "the database pool is closed");
    if (queue_.empty()) {
        if (auto* s = pick()) {
            send(*s, c);
            publish();
            return;
        }
    }
    refuse_when_away(c->queued);
    if (queue_.size() >= options_.max_waiting) {
        meters_.failed("overloaded");
        throw overloaded("too many callers wait for the database");
    }
    queue_.push_back(c);
    publish();
}

void pool_core::dispatch() {
    while (!queue_.empty()) {
        auto* s = pick();
        if (!s) return;
        const auto c = std::move(queue_.front());
        queue_.pop_front();
        send(*s, c);
    }
}

// The least loaded connection with room.
pool_core::slot* pool_core::pick() {
    slot* best = nullptr;
    for (auto& s : slots_) {
        if (!s.at || s.retiring || s.at->in_flight() >= options_.max_in_flight) continue;
        if (!best || s.at->in_flight() < best->at->in_flight()) best = &s;
    }
    return best;
}

void pool_core::send(slot& to, const std::shared_ptr<call>& c) {
    const auto at = to.at;  // the slot is emptied when sending fails
    at->submit(c);
    meters_.waited_pipelined(c->sent, c->sent - c->queued, c->queued >= up_since_);
}

// The deadline of a caller passed: out of the queue, or abandoned where it is in flight.
void pool_core::leave(call& c) {
    meters_.failed("deadline");
    if (c.on) {
        c.on->abandon(c);
    } else {
        const auto now = clock::now();
        meters_.waited_pipelined(now, now - c.queued, !down_since_ && c.queued >= up_since_);
        std::erase_if(queue_, [&](const auto& waiting) { return waiting.get() == &c; });
    }
    publish();
}

void pool_core::on_completed(std::size_t index) {
    auto& s = slots_[index];
    if (s.at) {
        const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(wall::now().time_since_epoch());
        published_.last_ok_ms.store(now.count(), std::memory_order_relaxed);
    }
    if (s.retiring && s.at && s.at->in_flight() == 0) {
        s.at->close();
        on_pipelined_lost(index);
    }
    dispatch();
    publish();
}

void pool_core::on_pipelined_lost(std::size_t index) {
    auto& s = slots_[index];
    if (!s.at) return;
    if (!s.retiring) lived_for(clock::now() - s.at->opened_at());
    s = slot();
    const bool any = std::any_of(slots_.begin(), slots_.end(), [](const slot& o) { return o.at != nullptr; });
    if (!any && !down_since_) down_since_ = clock::now();
    wake_.cancel();
    publish();
}

awaitable<void> pool_core::close(self_ptr self, deadline d) {
    self->closing_ = true;
    if (!self->drained() && !self->stopped_) {
        self->drained_ = std::make_shared<waiter>(self->ex_);
        const auto done = self->drained_;
        co_await done->wait(d);
    }
    self->stop();
}

bool pool_core::drained() const {
    const bool flying =
        std::any_of(slots_.begin(), slots_.end(), [](const slot& s) { return s.at && s.at->in_flight() > 0; });
    return !flying && queue_.empty() && line_.empty() && lent_.empty();
}

void pool_core::stop() {
    if (stopped_) return;
    closing_ = stopped_ = true;
    wake_.cancel();
    pause_.cancel();
    if (upkeep_) upkeep_->halt();
    watch_.ring();
    for (auto& s : slots_)
        if (const auto at = std::move(s.at)) at->close();
    for (const auto& l : idle_) l->close();
    for (const auto& l : lent_) l->close();
    idle_.clear();
    lent_.clear();
    fail_waiting(error("08003", "", "the database pool is closed"));
    publish();
}

void pool_core::fail_waiting(const error& e) {
    for (const auto& c : std::exchange(queue_, {})) {
        c->failure = e;
        c->done.notify();
    }
    for (const auto& h : std::exchange(line_, {})) {
        h->failure = e;
        h->ready.notify();
    }
}

// What other threads and the metrics may see; after every change.
void pool_core::publish() {
    constexpr auto relaxed = std::memory_order_relaxed;
    std::uint64_t up = 0, busy = 0, calls = 0;
    for (const auto& s : slots_) {
        if (!s.at) continue;
        ++up;
        calls += s.at->in_flight();
        if (s.at->in_flight() > 0) ++busy;
    }
    const auto connected = up + idle_.size() + lent_.size();
    assert(calls <= slots_.size() * options_.max_in_flight && idle_.size() + lent_.size() <= options_.exclusive);
    assert(queue_.size() <= options_.max_waiting && line_.size() <= options_.max_waiting);
    const auto in_use = busy + lent_.size();
    published_.pipelined.store(up, relaxed);
    published_.connected.store(connected, relaxed);
    published_.in_use.store(in_use, relaxed);
    published_.in_flight.store(calls, relaxed);
    published_.lent.store(lent_.size(), relaxed);
    published_.waiting.store(queue_.size() + line_.size(), relaxed);
    published_.failures.store(failures_, relaxed);
    meters_.connections(in_use, connected - in_use);
    meters_.calls(calls);
    if (drained_ && closing_ && drained()) drained_->notify();
}

pool_stats pool_core::stats() const {
    constexpr auto relaxed = std::memory_order_relaxed;
    pool_stats out;
    out.connected = published_.connected.load(relaxed);
    out.in_use = published_.in_use.load(relaxed);
    out.waiting = published_.waiting.load(relaxed);
    out.size = slots_.size() + options_.exclusive;
    const auto share = [](std::uint64_t of, std::size_t all) {
        return all == 0 ? 0 : static_cast<double>(of) / static_cast<double>(all);
    };
    out.utilization = std::max(share(published_.in_flight.load(relaxed), slots_.size() * options_.max_in_flight),
                               share(published_.lent.load(relaxed), options_.exclusive));
    out.last_ok_unix_ms = published_.last_ok_ms.load(relaxed);
    out.wait_p99_ms = meters_.wait_p99_ms();
    const bool up = published_.pipelined.load(relaxed) > 0;
    out.state = up ? "connected" : published_.failures.load(relaxed) > 0 ? "disconnected" : "connecting";
    return out;
}

}  // namespace mita::db

// Upkeep of db::pool: one coroutine makes connections, one at a time, with backoff and jitter; one coarse timer watches
// for connections without answer, too old or idle for too long, and for callers waiting on a database that is away.
#include "core/repeated_job.hpp"
#include "db/pool_core.hpp"

#include <algorithm>
#include <utility>

namespace mita::db {

namespace {

using namespace std::chrono_literals;

constexpr auto watch_interval = 200ms;
constexpr auto sleep_limit = 1s;          // maintain() looks around at least this often
constexpr auto first_backoff = 20ms;      // doubled each time; the first retry comes at once
constexpr auto longest_backoff = 1000ms;  // so that a returned database is found within 2 s
constexpr auto young = 1s;                // a connection that dies younger counts as a failed connect

}  // namespace

void pool_core::start() {
    // Halted by stop(), before this ends.
    upkeep_ = std::make_shared<repeated_job>(ex_, log_, "db_pool", at_once_then(),
                                             [this] { return maintain(shared_from_this()); });
    upkeep_->start();
    watch();
}

awaitable<void> pool_core::maintain(self_ptr self) {
    while (!self->stopped_) {
        const auto what = self->wanted();
        error_code ec;
        if (what == want::nothing) {
            self->wake_.expires_after(sleep_limit);
            co_await self->wake_.async_wait(to(ec));
            continue;
        }
        if (self->failures_ > 0 || self->young_deaths_ > 0) {
            self->pause_.expires_after(self->backoff());
            co_await self->pause_.async_wait(to(ec));
            if (self->stopped_) break;
        }
        link made;
        std::optional<error> failure;
        try {
            const auto limit = deadline::after(self->options_.connect_timeout);
            made = co_await connection::open(self->ex_, self->link_options_, limit, self->log_);
        } catch (const error& e) {
            failure = e;
        } catch (const std::exception& e) {  // no descriptors, no memory: as transient
            failure = error("08001", "", e.what());
        }
        if (failure)
            self->connect_failed(what, *failure);
        else if (self->stopped_)
            made->close();
        else if (what == want::pipelined)
            self->attach_pipelined(made);
        else
            self->attach_exclusive(made);
    }
}

pool_core::want pool_core::wanted() const {
    const auto up = std::count_if(slots_.begin(), slots_.end(), [](const slot& s) { return s.at != nullptr; });
    if (up == 0) return want::pipelined;
    if (!line_.empty() && idle_.size() + lent_.size() < options_.exclusive) return want::exclusive;
    return static_cast<std::size_t>(up) < slots_.size() ? want::pipelined : want::nothing;
}

void pool_core::attach_pipelined(const link& l) {
    const auto free = std::find_if(slots_.begin(), slots_.end(), [](const slot& s) { return !s.at; });
    const auto index = static_cast<std::size_t>(free - slots_.begin());
    const std::weak_ptr<pool_core> weak = weak_from_this();
    connection::hooks h;
    h.completed = [weak, index] {
        if (const auto self = weak.lock()) self->on_completed(index);
    };
    h.lost = [weak, index] {
        if (const auto self = weak.lock()) self->on_pipelined_lost(index);
    };
    l->set_hooks(std::move(h));
    free->at = l;
    const auto lifetime = std::chrono::duration<double>(options_.max_lifetime) * random(0.75, 1.0);
    free->retire_at = clock::now() + std::chrono::duration_cast<clock::duration>(lifetime);
    if (down_since_) {
        const auto away = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - *down_since_);
        log_.info("db_connected")
            .with("after_ms", static_cast<std::int64_t>(away.count()))
            .with("again", connected_once_);
        up_since_ = clock::now();
    }
    connected_once_ = true;
    down_since_.reset();
    failures_ = 0;
    dispatch();
    publish();
}

void pool_core::attach_exclusive(const link& l) {
    const std::weak_ptr<pool_core> weak = weak_from_this();
    connection::hooks h;
    h.lost = [weak, raw = l.get()] {
        if (const auto self = weak.lock()) self->on_exclusive_lost(raw);
    };
    l->set_hooks(std::move(h));
    failures_ = 0;
    hand_on(l);
    publish();
}

void pool_core::connect_failed(want what, const error& e) {
    ++failures_;
    meters_.failed(e);
    // The first and then ever rarer: 1, 2, 4, 8, ...
    if ((failures_ & (failures_ - 1)) == 0) {
        log_.warn("db_connect_failed").with("reason", e.what()).with("attempt", failures_);
    }
    // The database answers others but gives us no more connections, and none of ours will come back: tell those in
    // line.
    constexpr unsigned patience = 4;
    if (what == want::exclusive && lent_.empty() && failures_ >= patience) {
        for (const auto& h : std::exchange(line_, {})) {
            h->failure = e;
            h->ready.notify();
        }
    }
    publish();
}

void pool_core::lived_for(clock::duration lifetime) {
    if (lifetime < young)
        ++young_deaths_;
    else
        young_deaths_ = 0;
}

pool_core::clock::duration pool_core::backoff() {
    const auto doublings = std::min(std::max(failures_, young_deaths_) - 1, 10u);
    const auto full = std::min<clock::duration>(longest_backoff, first_backoff * (1 << doublings));
    return std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(full) * random(0.5, 1.0));
}

// Until stop().
void pool_core::watch() {
    watch_.set(watch_interval, [self = shared_from_this()] {
        if (self->stopped_) return;
        self->watch();
        self->tick();
    });
}

void pool_core::tick() {
    const auto now = clock::now();
    for (std::size_t i = 0; i < slots_.size(); ++i)
        if (const auto at = slots_[i].at) at->check(now);
    for (const auto& l : std::vector<link>(lent_)) l->check(now);
    retire(now);
    if (away_too_long(now)) fail_waiting(error("08001", "", "the database is away"));
    publish();
}

void pool_core::retire(clock::time_point now) {
    // Coldest first; the warm ones stay.
    while (!idle_.empty() &&
           (now - idle_.front()->last_ok() > options_.exclusive_idle || worn_out(*idle_.front(), now))) {
        idle_.front()->close();
        idle_.erase(idle_.begin());
    }
    // One at a time, and only while another serves.
    const auto serving = std::count_if(slots_.begin(), slots_.end(), [](const slot& s) { return s.at && !s.retiring; });
    if (serving < 2) return;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (!slots_[i].at || now < slots_[i].retire_at) continue;
        slots_[i].retiring = true;
        if (slots_[i].at->in_flight() == 0) on_completed(i);
        return;
    }
}

bool pool_core::worn_out(const connection& c, clock::time_point now) const {
    return now - c.opened_at() > options_.max_lifetime;
}

bool pool_core::away_too_long(clock::time_point now) const {
    return down_since_ && now - *down_since_ > options_.outage_grace;
}

void pool_core::refuse_when_away(clock::time_point now) {
    if (!away_too_long(now)) return;
    const error e("08001", "", "the database is away");
    meters_.failed(e);
    throw e;
}

}  // namespace mita::db

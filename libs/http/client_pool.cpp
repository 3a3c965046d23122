#include "http/client_pool.hpp"

#include "core/error.hpp"
#include "http/unreachable.hpp"

#include <algorithm>
#include <utility>

namespace mita::http {

namespace {

using clock = deadline::clock;

constexpr std::chrono::seconds avoided_for{5};
constexpr std::chrono::milliseconds busy_tick{50}, idle_tick{1'000};

}  // namespace

// One waiting request. Lives in its caller's frame.
struct client_pool::pending {
    pending(client_pool& p, bool new_one) : done(p.ex_), in(p), fresh(new_one) {}
    ~pending() {
        std::erase(in.queue_, this);
        if (connection != nullptr) in.release(connection);  // it came too late
        if (may_connect) --in.reserved_, in.offer_place();
    }
    pending(const pending&) = delete;
    pending& operator=(const pending&) = delete;
    waiter done;
    client_pool& in;
    const bool fresh;           // a connection that was used before will not do
    connection_ptr connection;  // handed over
    bool may_connect = false;   // or a free place
};

// A reserved place, while nothing stands on it. Lives in the frame that connects.
struct client_pool::place {
    explicit place(client_pool& p) : in(p) {}
    ~place() {
        if (!held) return;
        --in.reserved_;
        in.offer_place();
        in.publish();
    }
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    client_pool& in;
    bool held = true;
};

// A connection that is being made stands on its place, and leaves it again unless it is kept.
struct client_pool::standing {
    standing(place& on, connection_ptr what) : at(on), c(std::move(what)) {
        client_pool& in = at.in;
        in.idle_.reserve(in.all_.size() + 1);  // whoever gives it back needs no memory
        c->index = in.all_.size();
        in.all_.push_back(c);
        --in.reserved_;
        at.held = false;
    }
    ~standing() {
        if (kept) return;
        ++at.in.reserved_;  // before the place is free for others
        at.held = true;
        c->close();
        at.in.forget(*c);
    }
    standing(const standing&) = delete;
    standing& operator=(const standing&) = delete;
    place& at;
    const connection_ptr c;
    bool kept = false;
};

client_pool::client_pool(executor ex, const client_options& o, metrics::registry& metrics, metrics::counter& failures)
    : ex_(ex),
      max_connections_(o.max_connections),
      max_waiting_(o.max_waiting),
      max_response_(o.max_response),
      connect_timeout_(o.connect_timeout),
      idle_timeout_(o.idle_timeout),
      address_(ex, o.host, o.port),
      next_tick_(ex),
      waiting_gauge_(
          metrics.make_gauge("mita_http_client_waiting", "Requests waiting for a connection.", {{"upstream", o.name}})),
      connects_total_(
          metrics.make_counter("mita_http_client_connects_total", "Connections opened.", {{"upstream", o.name}})),
      failures_total_(failures) {}

connection_ptr client_pool::take_idle() {
    if (idle_.empty()) return nullptr;
    connection_ptr c = std::move(idle_.back());
    idle_.pop_back();
    publish();
    return c;
}

awaitable<connection_ptr> client_pool::acquire(deadline d, bool fresh) {
    if (closing_) throw unreachable("the client is closed");
    if (!place_free() && !idle_.empty()) close_idle(0);
    if (place_free()) {
        ++reserved_;
        place mine(*this);
        connection_ptr made = co_await connect(mine, d);
        co_return made;
    }
    if (queue_.size() >= max_waiting_) throw overloaded("too many requests wait for the upstream");
    pending mine(*this, fresh);
    queue_.push_back(&mine);
    publish();
    co_await mine.done.wait(d);
    std::erase(queue_, &mine);
    publish();
    if (mine.connection != nullptr) co_return std::exchange(mine.connection, nullptr);
    if (!mine.may_connect) {
        failures_total_.add();
        if (closing_) throw unreachable("the client is closed");
        throw deadline_exceeded("no connection to the upstream came free in time");
    }
    mine.may_connect = false;
    place given(*this);
    connection_ptr made = co_await connect(given, d);
    co_return made;
}

awaitable<connection_ptr> client_pool::connect(place& mine, deadline d) {
    const deadline limit = d.capped(connect_timeout_);
    for (int attempt = 0; attempt < 2; ++attempt) {
        if (address_.endpoints().empty() || (attempt > 0 && !address_.numeric())) {
            co_await address_.resolve(limit);
        }
        const std::vector<tcp::endpoint> targets = in_turn();
        for (const tcp::endpoint& target : targets) {
            if (limit.expired() || closing_) break;
            standing made(mine, std::make_shared<client_connection>(ex_, max_response_));
            made.c->where = target;
            if (!ticking_) tick_later();
            const bool good = co_await made.c->connect(target, limit.time());
            connected_.store(good, std::memory_order_relaxed);
            if (good) {
                made.kept = true;
                connects_total_.add();
                publish();
                co_return made.c;
            }
            avoid(target);
        }
        if (address_.numeric() || limit.expired()) break;
    }
    failures_total_.add();
    if (d.expired()) throw deadline_exceeded("no connection to the upstream in time");
    throw unreachable("the upstream cannot be reached");
}

std::vector<tcp::endpoint> client_pool::in_turn() {
    std::vector<tcp::endpoint> out = address_.endpoints();
    if (out.size() < 2) return out;
    std::ranges::rotate(out, out.begin() + static_cast<std::ptrdiff_t>(turn_++ % out.size()));
    const auto now = clock::now();
    std::erase_if(avoided_, [now](const auto& a) { return a.second <= now; });
    const auto well = [this](const tcp::endpoint& e) {
        return std::ranges::none_of(avoided_, [&e](const auto& a) { return a.first == e; });
    };
    std::vector<tcp::endpoint> last;
    std::erase_if(out, [&](const tcp::endpoint& e) {
        if (!well(e)) last.push_back(e);
        return !well(e);
    });
    out.insert(out.end(), last.begin(), last.end());
    return out;
}

void client_pool::avoid(const tcp::endpoint& e) {
    if (address_.endpoints().size() < 2) return;
    std::erase_if(avoided_, [&e](const auto& a) { return a.first == e; });
    avoided_.emplace_back(e, clock::now() + avoided_for);
    for (std::size_t i = idle_.size(); i-- > 0;)
        if (idle_[i]->where == e) close_idle(i);
}

void client_pool::failed_at(const connection_ptr& c) { avoid(c->where); }

void client_pool::release(const connection_ptr& c) {
    const bool in_the_way = !queue_.empty() && queue_.front()->fresh;
    if (!c->reusable() || closing_ || in_the_way) {
        c->close();
        forget(*c);
        return;
    }
    if (!queue_.empty()) {
        pending* first = queue_.front();
        queue_.pop_front();
        first->connection = c;
        first->done.notify();
    } else {
        c->idle_since = clock::now();
        idle_.push_back(c);
    }
    publish();
}

// A place became free: the first in the queue may connect.
void client_pool::offer_place() {
    if (queue_.empty() || !place_free()) return;
    pending* first = queue_.front();
    queue_.pop_front();
    ++reserved_;
    first->may_connect = true;
    first->done.notify();
}

void client_pool::forget(client_connection& c) {
    const std::size_t at = c.index;
    if (at >= all_.size() || all_[at].get() != &c) return;
    std::swap(all_[at], all_.back());
    all_[at]->index = at;
    all_.pop_back();
    offer_place();
    publish();
}

void client_pool::close_idle(std::size_t at) {
    const connection_ptr c = idle_[at];
    idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(at));
    c->close();
    forget(*c);
}

// All timeouts of the pool. Goes on while there are connections, whatever there is no memory for.
void client_pool::tick_later() {
    slow_tick_ = !std::exchange(asked_, false) && all_.size() == idle_.size();
    next_tick_.set(slow_tick_ ? idle_tick : busy_tick, [self = shared_from_this()] { self->tick(); });
    ticking_ = true;
}

void client_pool::tick() {
    check(clock::now());
    ticking_ = false;
    if (!all_.empty()) tick_later();
}

void client_pool::check(clock::time_point now) {
    for (const connection_ptr& c : all_) c->tick(now);
    for (std::size_t i = idle_.size(); i-- > 0;)
        if (now - idle_[i]->idle_since >= idle_timeout_ || idle_[i]->spoke_unasked()) close_idle(i);
}

void client_pool::half_close(const client_response& out) {
    for (const connection_ptr& c : all_)
        if (c->reads_into(out)) return c->half_close();
}

void client_pool::publish() {
    const std::size_t open = all_.size() + reserved_;
    idle_count_.store(idle_.size(), std::memory_order_relaxed);
    busy_count_.store(open - idle_.size(), std::memory_order_relaxed);
    waiting_count_.store(queue_.size(), std::memory_order_relaxed);
    waiting_gauge_.set(static_cast<std::int64_t>(queue_.size()));
}

client::stats client_pool::snapshot() const {
    client::stats s;
    s.idle = idle_count_.load(std::memory_order_relaxed);
    s.busy = busy_count_.load(std::memory_order_relaxed);
    s.waiting = waiting_count_.load(std::memory_order_relaxed);
    s.last_connect_ok = connected_.load(std::memory_order_relaxed);
    return s;
}

awaitable<void> client_pool::close(std::shared_ptr<client_pool> self, deadline d) {
    client_pool& p = *self;
    p.closing_ = true;
    for (pending* waiting : std::exchange(p.queue_, {})) waiting->done.notify();
    const std::vector<connection_ptr> sleeping = std::exchange(p.idle_, {});
    for (const connection_ptr& c : sleeping) {
        c->close();
        p.forget(*c);
    }
    steady_timer wait(p.ex_);
    while (p.all_.size() + p.reserved_ > 0 && !d.expired()) {
        wait.expires_after(std::chrono::milliseconds(5));
        error_code ec;
        co_await wait.async_wait(to(ec));
    }
    p.shut();
}

void client_pool::shut() {
    closing_ = true;
    const std::vector<connection_ptr> open = std::exchange(all_, {});
    idle_.clear();
    for (const connection_ptr& c : open) c->close();
    address_.cancel();
    next_tick_.ring();
    publish();
}

}  // namespace mita::http

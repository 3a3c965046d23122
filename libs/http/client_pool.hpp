// The connections of a client: at most so many, the warmest reused first; who finds no place waits in line, by
// deadline. Of several addresses each new connection begins with another, and one that failed is the last for a while.
// One coarse tick ends what takes too long and what was idle too long. Internal to libs/http: client takes a connection
// for each exchange and gives it back. On its worker only, but for snapshot().
#pragma once

#include "core/alarm.hpp"
#include "core/async.hpp"
#include "core/deadline.hpp"
#include "core/metrics.hpp"
#include "core/waiter.hpp"
#include "http/client.hpp"
#include "http/client_address.hpp"
#include "http/client_connection.hpp"

#include <atomic>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

namespace mita::http {

using connection_ptr = std::shared_ptr<client_connection>;

class client_pool final : public std::enable_shared_from_this<client_pool> {
public:
    // failures: of requests that got no connection.
    client_pool(executor ex, const client_options& o, metrics::registry& metrics, metrics::counter& failures);

    // The warmest idle connection, null when there is none.
    connection_ptr take_idle();
    // Another for one exchange: a new one, else the first that comes free, unless it must be `fresh`. Throws overloaded
    // (the line is full), deadline_exceeded, upstream_error. The caller keeps the pool.
    awaitable<connection_ptr> acquire(deadline d, bool fresh);
    // The exchange on it ended badly: where there are several addresses, others are asked for a while.
    void failed_at(const connection_ptr& c);
    void release(const connection_ptr& c);  // what acquire gave, when its exchange has ended, however it did
    void exchange_begins() {                // its timeout wants the quick tick
        asked_ = true;
        if (!slow_tick_) return;
        slow_tick_ = false;
        next_tick_.ring();
    }
    void half_close(const client_response& out);  // the connection whose exchange reads into it, if there is one
    client::stats snapshot() const;               // any thread
    const std::string& authority() const { return address_.authority(); }

    // Nothing new begins; exchanges that run may end until `d`.
    static awaitable<void> close(std::shared_ptr<client_pool> self, deadline d);
    void shut();  // at once

private:
    struct pending;
    struct place;
    struct standing;

    awaitable<connection_ptr> connect(place& at, deadline d);
    void tick_later();
    void tick();
    void check(deadline::clock::time_point now);
    void forget(client_connection& c);
    void avoid(const tcp::endpoint& e);
    std::vector<tcp::endpoint> in_turn();
    void close_idle(std::size_t at);
    void offer_place();
    bool place_free() const { return all_.size() + reserved_ < max_connections_; }
    void publish();

    executor ex_;
    const std::size_t max_connections_, max_waiting_, max_response_;
    const std::chrono::milliseconds connect_timeout_, idle_timeout_;
    client_address address_;
    alarm next_tick_;
    metrics::gauge& waiting_gauge_;
    metrics::counter& connects_total_;
    metrics::counter& failures_total_;

    std::vector<connection_ptr> all_;   // open or connecting
    std::vector<connection_ptr> idle_;  // LIFO: the back is the warmest
    std::deque<pending*> queue_;
    std::vector<std::pair<tcp::endpoint, deadline::clock::time_point>> avoided_;  // until then
    std::size_t turn_ = 0;      // which of several addresses is asked first
    std::size_t reserved_ = 0;  // places given to requests that will connect
    bool closing_ = false, ticking_ = false;
    bool slow_tick_ = false;  // nothing was asked lately
    bool asked_ = false;      // since the last tick
    std::atomic<std::size_t> idle_count_{0}, busy_count_{0}, waiting_count_{0};
    std::atomic<bool> connected_{false};
};

// A connection for one exchange, given back however that ends: also when there is no memory to go on. The caller keeps
// the pool.
class lent_connection {
public:
    lent_connection(client_pool& from, connection_ptr what) : pool_(from), c_(std::move(what)) {}
    ~lent_connection() { give_back(); }
    lent_connection(const lent_connection&) = delete;
    lent_connection& operator=(const lent_connection&) = delete;

    client_connection* operator->() const { return c_.get(); }
    const connection_ptr& shared() const { return c_; }
    void give_back() {
        if (mine_) pool_.release(c_);
        mine_ = false;
    }
    void keep() { mine_ = false; }  // somebody else will release it

private:
    client_pool& pool_;
    const connection_ptr c_;
    bool mine_ = true;
};

}  // namespace mita::http

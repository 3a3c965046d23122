#include "http/client.hpp"

#include "core/error.hpp"
#include "core/runtime.hpp"
#include "core/waiter.hpp"
#include "http/client_connection.hpp"
#include "http/grammar.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <utility>
#include <vector>

namespace mita::http {

namespace {

using clock = deadline::clock;
using outcome = client_connection::outcome;
using connection_ptr = std::shared_ptr<client_connection>;

constexpr std::chrono::milliseconds busy_tick{50}, idle_tick{1'000};

bool repeatable(verb v) { return v != verb::post && v != verb::patch; }  // RFC 9110 9.2.2

}  // namespace

struct client::impl final : client_connection::owner, std::enable_shared_from_this<client::impl> {
    impl(executor e, client_options o, logger& l, metrics::registry& r)
        : ex(e),
          options(std::move(o)),
          log(l),
          timer(e),
          resolver(e),
          waiting_gauge(r.make_gauge("mita_http_client_waiting", "Requests waiting for a connection.",
                                     {{"upstream", options.name}})),
          connects_total(
              r.make_counter("mita_http_client_connects_total", "Connections opened.", {{"upstream", options.name}})),
          retries_total(r.make_counter("mita_http_client_retries_total", "Requests sent again on a new connection.",
                                       {{"upstream", options.name}})),
          failures_total(r.make_counter("mita_http_client_failures_total", "Requests that got no good answer.",
                                        {{"upstream", options.name}})) {
        error_code ec;
        const auto address = asio::ip::make_address(options.host, ec);
        numeric = !ec;
        if (numeric) endpoints.emplace_back(address, options.port);
    }

    // One waiting request. Lives in its caller's frame.
    struct pending {
        explicit pending(impl& i) : done(i.ex), in(i) {}
        ~pending() { std::erase(in.queue, this); }
        pending(const pending&) = delete;
        pending& operator=(const pending&) = delete;
        waiter done;
        impl& in;
        connection_ptr connection;  // handed over
        bool may_connect = false;   // or a free place
    };

    executor ex;
    client_options options;
    logger& log;
    steady_timer timer;
    asio::ip::basic_resolver<tcp, executor> resolver;
    metrics::gauge& waiting_gauge;
    metrics::counter& connects_total;
    metrics::counter& retries_total;
    metrics::counter& failures_total;
    bool numeric = false;
    std::vector<tcp::endpoint> endpoints;
    std::vector<connection_ptr> all;   // open or connecting
    std::vector<connection_ptr> idle;  // LIFO: the back is the warmest
    std::deque<pending*> queue;
    std::size_t reserved = 0;  // places given to requests that will connect
    bool closing = false, ticking = false;
    bool slow_tick = false;  // nothing was asked lately
    bool asked = false;      // since the last tick
    std::atomic<std::size_t> idle_count{0}, busy_count{0}, waiting_count{0};
    std::atomic<bool> connected{false};

    void publish() {
        const std::size_t open = all.size() + reserved;
        idle_count.store(idle.size(), std::memory_order_relaxed);
        busy_count.store(open - idle.size(), std::memory_order_relaxed);
        waiting_count.store(queue.size(), std::memory_order_relaxed);
        waiting_gauge.set(static_cast<std::int64_t>(queue.size()));
    }

    void idle_ended(client_connection& c) override {
        std::erase_if(idle, [&c](const connection_ptr& p) { return p.get() == &c; });
        forget(c);
    }

    void forget(client_connection& c) {
        const std::size_t at = c.index;
        if (at >= all.size() || all[at].get() != &c) return;
        all[at]->disown();
        std::swap(all[at], all.back());
        all[at]->index = at;
        all.pop_back();
        offer_place();
        publish();
    }

    // A place became free: the first in the queue may connect.
    void offer_place() {
        if (queue.empty() || all.size() + reserved >= options.max_connections) return;
        pending* first = queue.front();
        queue.pop_front();
        ++reserved;
        first->may_connect = true;
        first->done.notify();
    }

    void release(const connection_ptr& c) {
        if (!c->reusable() || closing) {
            c->close();
            forget(*c);
            return;
        }
        if (!queue.empty()) {
            pending* first = queue.front();
            queue.pop_front();
            first->connection = c;
            first->done.notify();
        } else {
            c->idle_since = clock::now();
            idle.push_back(c);
        }
        publish();
    }

    void start_tick() {
        if (ticking) return;
        ticking = true;
        spawn_logged(ex, log, "http_client_tick", tick(shared_from_this()));
    }

    // All timeouts of the pool. Runs while there are connections.
    static awaitable<void> tick(std::shared_ptr<impl> self) {
        impl& i = *self;
        while (!i.all.empty()) {
            i.slow_tick = !std::exchange(i.asked, false) && i.all.size() == i.idle.size();
            i.timer.expires_after(i.slow_tick ? idle_tick : busy_tick);
            error_code ec;
            co_await i.timer.async_wait(to(ec));
            i.check(clock::now());
        }
        i.ticking = false;
    }

    void check(clock::time_point now) {
        for (std::size_t n = all.size(); n-- > 0;) {  // a resumed caller may change the list
            if (n >= all.size()) continue;
            const connection_ptr c = all[n];
            c->tick(now);
        }
        while (!idle.empty() && now - idle.front()->idle_since >= options.idle_timeout) {
            const connection_ptr oldest = idle.front();
            idle.erase(idle.begin());
            oldest->close();
            forget(*oldest);
        }
    }

    // getaddrinfo runs on the resolver's own thread; the wait for it ends by deadline.
    static awaitable<void> resolve(std::shared_ptr<impl> self, deadline d) {
        struct flight {
            explicit flight(executor e) : done(e) {}
            waiter done;
            std::vector<tcp::endpoint> found;
        };
        const auto f = std::make_shared<flight>(self->ex);
        const auto on_done = [f](const error_code& ec, const tcp::resolver::results_type& results) {
            if (!ec)
                for (const auto& entry : results) f->found.push_back(entry.endpoint());
            f->done.notify();
        };
        self->resolver.async_resolve(self->options.host, std::to_string(self->options.port), on_done);
        const bool ready = co_await f->done.wait(d);
        if (ready && !f->found.empty()) self->endpoints = f->found;
    }

    // With a place reserved; gives it up in any case.
    static awaitable<connection_ptr> connect(std::shared_ptr<impl> self, deadline d) {
        impl& i = *self;
        struct place {
            impl& i;
            bool held = true;
            ~place() {
                if (!held) return;
                --i.reserved;
                i.offer_place();
                i.publish();
            }
        } reserved_place{i};
        const deadline limit = d.capped(i.options.connect_timeout);
        for (int attempt = 0; attempt < 2; ++attempt) {
            if (i.endpoints.empty() || (attempt > 0 && !i.numeric)) {
                co_await resolve(self, limit);
            }
            const std::vector<tcp::endpoint> targets = i.endpoints;
            for (const tcp::endpoint& target : targets) {
                if (limit.expired() || i.closing) break;
                auto c = std::make_shared<client_connection>(i.ex, &i, i.options.max_response);
                c->index = i.all.size();
                i.all.push_back(c);
                --i.reserved;
                reserved_place.held = false;
                i.start_tick();
                const bool good = co_await c->connect(target, limit.time());
                i.connected.store(good, std::memory_order_relaxed);
                if (good) {
                    i.connects_total.add();
                    i.publish();
                    co_return c;
                }
                ++i.reserved;  // before the place is free for others
                reserved_place.held = true;
                i.forget(*c);
            }
            if (i.numeric || limit.expired()) break;
        }
        i.failures_total.add();
        if (d.expired()) throw deadline_exceeded("no connection to the upstream in time");
        throw upstream_error("the upstream cannot be reached", true);
    }

    static awaitable<connection_ptr> acquire(std::shared_ptr<impl> self, deadline d, bool fresh) {
        impl& i = *self;
        if (i.closing) throw upstream_error("the client is closed", true);
        if (!fresh && !i.idle.empty()) {
            connection_ptr c = std::move(i.idle.back());
            i.idle.pop_back();
            i.publish();
            co_return c;
        }
        if (i.all.size() + i.reserved >= i.options.max_connections && !i.idle.empty()) {
            const connection_ptr oldest = i.idle.front();
            i.idle.erase(i.idle.begin());
            oldest->close();
            i.forget(*oldest);
        }
        if (i.all.size() + i.reserved < i.options.max_connections) {
            ++i.reserved;
            connection_ptr made = co_await connect(self, d);
            co_return made;
        }
        if (i.queue.size() >= i.options.max_waiting) throw overloaded("too many requests wait for the upstream");
        pending mine(i);
        i.queue.push_back(&mine);
        i.publish();
        co_await mine.done.wait(d);
        std::erase(i.queue, &mine);
        i.publish();
        if (mine.connection != nullptr) co_return mine.connection;
        if (!mine.may_connect) {
            i.failures_total.add();
            if (i.closing) throw upstream_error("the client is closed", true);
            throw deadline_exceeded("no connection to the upstream came free in time");
        }
        connection_ptr made = co_await connect(self, d);
        co_return made;
    }

    static awaitable<void> exchange(std::shared_ptr<impl> self, std::string_view head, std::string_view body,
                                    verb method, bool idempotent, client_response& out, deadline d) {
        impl& i = *self;
        for (bool again = false;; again = true) {
            if (d.expired()) throw deadline_exceeded();
            const connection_ptr c = co_await acquire(self, d, again);
            i.asked = true;
            if (i.slow_tick) {
                i.slow_tick = false;
                i.timer.cancel();
            }
            const bool reused = c->exchanges() > 0;
            const outcome o = co_await c->exchange(head, body, method, out, d.time());
            i.release(c);
            if (o == outcome::answered) co_return;
            // A connection that the upstream gave up just then: what never reached it may be sent again, and what may
            // be repeated.
            const bool safe = idempotent || repeatable(method) || !c->sent_bytes();
            if (o == outcome::closed && reused && !c->got_bytes() && safe && !again && !d.expired()) {
                i.retries_total.add();
                continue;
            }
            i.failures_total.add();
            fail(o, !c->got_bytes());
        }
    }

    [[noreturn]] static void fail(outcome o, bool before) {
        switch (o) {
            case outcome::timed_out:
                throw deadline_exceeded("the upstream did not answer in time");
            case outcome::malformed:
                throw upstream_error("the upstream's answer is malformed", false);
            case outcome::too_large:
                throw upstream_error("the upstream's answer is too large", false);
            default:
                throw upstream_error("the upstream closed the connection", before);
        }
    }

    std::string head_of(const client_request& r, deadline d) const {
        if (r.target.empty() || r.target.front() != '/' || !grammar::all(r.target, grammar::query | grammar::pchar))
            throw std::invalid_argument("not a request target");
        std::string head;
        head.reserve(160 + r.target.size() + r.headers.size());
        head.append(name(r.method)).append(" ").append(r.target).append(" HTTP/1.1\r\nHost: ").append(options.host);
        head.append(":").append(std::to_string(options.port)).append("\r\n");
        head.append(deadline_header).append(": ").append(std::to_string(d.remaining().count())).append("\r\n");
        head.append(r.headers);
        const bool bodied = r.method == verb::post || r.method == verb::put || r.method == verb::patch;
        if (bodied || !r.body.empty())
            head.append("Content-Length: ").append(std::to_string(r.body.size())).append("\r\n");
        head.append("\r\n");
        return head;
    }

    static awaitable<client_response> send(std::shared_ptr<impl> self, client_request r, deadline d) {
        const std::string head = self->head_of(r, d);
        client_response out;
        co_await exchange(self, head, r.body, r.method, r.idempotent, out, d);
        co_return out;
    }

    static awaitable<void> close(std::shared_ptr<impl> self, deadline d) {
        impl& i = *self;
        i.closing = true;
        for (pending* p : std::exchange(i.queue, {})) p->done.notify();
        const std::vector<connection_ptr> sleeping = std::exchange(i.idle, {});
        for (const connection_ptr& c : sleeping) {
            c->close();
            i.forget(*c);
        }
        steady_timer wait(i.ex);
        while (i.all.size() + i.reserved > 0 && !d.expired()) {
            wait.expires_after(std::chrono::milliseconds(5));
            error_code ec;
            co_await wait.async_wait(to(ec));
        }
        i.shut();
    }

    void shut() {
        closing = true;
        const std::vector<connection_ptr> open = std::exchange(all, {});
        idle.clear();
        for (const connection_ptr& c : open) {
            c->disown();
            c->close();
        }
        resolver.cancel();
        timer.cancel();
        publish();
    }
};

client::client(executor ex, client_options o, logger& log, metrics::registry& metrics)
    : impl_(std::make_shared<impl>(ex, std::move(o), log, metrics)) {}

client::~client() { impl_->shut(); }

awaitable<client_response> client::send(client_request r, deadline d) { return impl::send(impl_, std::move(r), d); }

awaitable<void> client::exchange(std::string_view head, std::string_view body, verb method, bool idempotent,
                                 client_response& out, deadline d) {
    return impl::exchange(impl_, head, body, method, idempotent, out, d);
}

void client::half_close(const client_response& out) {
    for (const connection_ptr& c : impl_->all)
        if (c->reads_into(out)) return c->half_close();
}

client::stats client::snapshot() const {
    stats s;
    s.idle = impl_->idle_count.load(std::memory_order_relaxed);
    s.busy = impl_->busy_count.load(std::memory_order_relaxed);
    s.waiting = impl_->waiting_count.load(std::memory_order_relaxed);
    s.last_connect_ok = impl_->connected.load(std::memory_order_relaxed);
    return s;
}

awaitable<void> client::close(deadline d) { return impl::close(impl_, d); }

}  // namespace mita::http

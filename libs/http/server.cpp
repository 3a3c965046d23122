#include "http/server.hpp"

#include "core/alarm.hpp"
#include "core/clock.hpp"
#include "core/waiter.hpp"
#include "http/hsts_service.hpp"
#include "http/session.hpp"

#include <boost/asio/dispatch.hpp>

#include <algorithm>
#include <memory>
#include <utility>

namespace mita::http {

namespace {

constexpr std::chrono::milliseconds tick_length{100};
constexpr std::size_t most_spare = 64;  // exchanges kept for reuse by a worker

const tls_identity* identity_of(service& s) {
    const auto* by = dynamic_cast<tls_service*>(&s);
    return by == nullptr ? nullptr : by->shown();
}

const live_options* live_of(service& s) {
    const auto* by = dynamic_cast<adjusted_service*>(&s);
    return by == nullptr ? nullptr : &by->live();
}

// A connection on its way to its worker, until it is adopted or given up.
class expected_one {
public:
    explicit expected_one(std::shared_ptr<server_core> by) : by_(std::move(by)) { by_->expected.fetch_add(1); }
    ~expected_one() {
        if (by_ != nullptr) by_->expected.fetch_sub(1);
    }
    expected_one(expected_one&&) = default;
    expected_one& operator=(expected_one&&) = delete;

private:
    std::shared_ptr<server_core> by_;
};

}  // namespace

server_core::server_core(worker& on, server_options o, service& s, logger& l, metrics::registry& registry)
    : ex(on.get_executor()),
      options(std::move(o)),
      what(s),
      convoys(dynamic_cast<convoy_service*>(&s)),
      words(dynamic_cast<wording_service*>(&s)),
      live(live_of(s)),
      tls(identity_of(s)),
      log(l),
      trusted(options.trusted_peers),
      trusted_head(options.behind_gateway ? with_gateway_lines(options.head) : options.head),
      exchanges(options, l, registry),
      in_flight_gauge(registry.make_gauge("mita_http_requests_in_flight",
                                          "Requests between their head and their answer.",
                                          {{"service", options.name}})),
      connections_gauge(
          registry.make_gauge("mita_http_connections", "Open client connections.", {{"service", options.name}})),
      streams_gauge(registry.make_gauge("mita_http_streams", "Answers that go on until one side ends them.",
                                        {{"service", options.name}})),
      shed_total(registry.make_counter("mita_http_shed_total", "Requests answered 503 as too many were in flight.",
                                       {{"service", options.name}})) {
    if (tls != nullptr) handshakes = std::make_unique<handshake_log>(options.name, registry);
}

void server_core::take_live() {
    if (live == nullptr || live->generation() == taken_generation) return;
    taken_generation = live->generation();
    live_options::values taken = live->now();
    options.handle_timeout = taken.handle_timeout;
    options.trusted_peers = std::move(taken.trusted_peers);
    options.log_requests = taken.log_requests;
    options.slow = taken.slow.value_or(options.slow);
    options.idle_timeout = taken.idle_timeout.value_or(options.idle_timeout);
    trusted = trusted_peers(options.trusted_peers);
    exchanges.adjust(options);
}

std::unique_ptr<exchange> server_core::borrow() {
    if (spare.empty()) return std::make_unique<exchange>();
    std::unique_ptr<exchange> x = std::move(spare.back());
    spare.pop_back();
    return x;
}

void server_core::give_back(std::unique_ptr<exchange> x) {
    if (spare.size() >= most_spare) return;
    x->clear();
    spare.push_back(std::move(x));
}

std::uint32_t server_core::ticks(std::chrono::milliseconds d) const {
    return now + static_cast<std::uint32_t>((d + tick_length - std::chrono::milliseconds(1)) / tick_length) + 1;
}

struct server::impl : std::enable_shared_from_this<server::impl> {
    impl(worker& on, server_options o, service& what, logger& log, metrics::registry& registry)
        : core(std::make_shared<server_core>(on, std::move(o), what, log, registry)),
          next_tick(on.get_executor()),
          promise(dynamic_cast<hsts_service*>(&what)) {}

    std::shared_ptr<server_core> core;
    alarm next_tick;
    const hsts_service* const promise;  // null: the usual
    bool ticking = false;

    // One timer for all timeouts of the worker: it goes on while there are connections, whatever there is no memory
    // for.
    void tick_later() {
        next_tick.set(tick_length, [self = shared_from_this()] { self->tick(); });
        ticking = true;
    }

    void tick() {
        server_core& c = *core;
        ticking = false;
        if (c.sessions.empty()) return;
        tick_later();
        ++c.now;
        for (std::size_t i = c.sessions.size(); i-- > 0;) c.sessions[i]->tick();
        c.take_live();
        set_date();
    }

    void set_date() {
        write_date_line(core->date, std::chrono::floor<std::chrono::seconds>(wall::now()));
        core->date += promise == nullptr ? usual_hsts : promise->hsts();
    }

    void adopt(tcp_socket socket) {
        core->take_live();
        if (!ticking) {
            tick_later();
            set_date();
        }
        auto s = std::make_shared<session>(core, std::move(socket));
        spawn_logged(core->ex, core->log, "http_session", session::run(std::move(s)));
    }
};

server::server(worker& on, server_options o, service& what, logger& log, metrics::registry& metrics)
    : impl_(std::make_shared<impl>(on, std::move(o), what, log, metrics)) {}

server::~server() {
    impl_->core->draining = true;
    for (session* s : impl_->core->sessions) s->abandon();
    impl_->next_tick.ring();
}

void server::adopt(tcp_socket socket) { impl_->adopt(std::move(socket)); }
bool server::has_room() const {
    return connections() + impl_->core->expected.load(std::memory_order_relaxed) < impl_->core->options.max_connections;
}
void server::deliver(tcp_socket socket) {
    asio::dispatch(impl_->core->ex, [i = impl_, s = std::move(socket), coming = expected_one(impl_->core)]() mutable {
        i->adopt(std::move(s));
    });
}
bool server::draining() const { return impl_->core->draining; }
std::size_t server::connections() const { return impl_->core->connections.load(std::memory_order_relaxed); }
std::size_t server::in_flight() const { return impl_->core->in_flight.load(std::memory_order_relaxed); }

awaitable<void> server::drain(deadline d) {
    // Connections that the listener accepted last may still be on their way to this worker.
    constexpr std::chrono::milliseconds least{100}, step{10};
    const std::shared_ptr<impl> self = impl_;
    server_core& c = *self->core;
    c.draining = true;
    const auto until = c.ticks(std::min(last_request_time, d.remaining() / 2));
    for (session* s : c.sessions) s->drain(until);
    steady_timer timer(c.ex);
    const auto began = deadline::clock::now();
    const auto settled = began + least;
    const auto open = [&c] { return !c.sessions.empty() || c.expected.load() > 0; };
    while (deadline::clock::now() < settled || (open() && !d.expired())) {
        timer.expires_after(step);
        error_code ec;
        co_await timer.async_wait(to(ec));
    }
    if (c.sessions.empty()) co_return;
    c.log.warn("drain_incomplete").with("connections", static_cast<std::int64_t>(c.sessions.size()));
    for (session* s : c.sessions) s->abandon();
    const auto last = deadline::after(std::chrono::milliseconds(200));
    while (!c.sessions.empty() && !last.expired()) {
        timer.expires_after(step);
        error_code ec;
        co_await timer.async_wait(to(ec));
    }
}

}  // namespace mita::http

#include "http/client.hpp"

#include "core/error.hpp"
#include "http/client_core.hpp"
#include "http/grammar.hpp"

#include <new>
#include <stdexcept>
#include <utility>

namespace mita::http {

namespace {

using outcome = client_connection::outcome;

bool repeatable(verb v) { return v != verb::post && v != verb::patch; }  // RFC 9110 9.2.2

std::string head_of(const client_request& r, const std::string& to, deadline d) {
    if (r.target.empty() || r.target.front() != '/' || !grammar::all(r.target, grammar::query | grammar::pchar))
        throw std::invalid_argument("not a request target");
    std::string head;
    head.reserve(160 + r.target.size() + r.headers.size());
    head.append(name(r.method)).append(" ").append(r.target).append(" HTTP/1.1\r\nHost: ").append(to).append("\r\n");
    head.append(deadline_header).append(": ").append(std::to_string(d.remaining().count())).append("\r\n");
    head.append(r.headers);
    const bool bodied = r.method == verb::post || r.method == verb::put || r.method == verb::patch;
    if (bodied || !r.body.empty()) head.append("Content-Length: ").append(std::to_string(r.body.size())).append("\r\n");
    head.append("\r\n");
    return head;
}

awaitable<void> exchange_over(std::shared_ptr<client_core> core, std::string_view head, std::string_view body,
                              verb method, bool idempotent, client_response& out, deadline d) {
    client_pool& pool = *core->pool;
    for (bool again = false;; again = true) {
        if (d.expired()) throw deadline_exceeded();
        connection_ptr taken = again ? nullptr : pool.take_idle();
        if (taken == nullptr) {
            taken = co_await client_core::acquire(core, out, d, again);
        }
        lent_connection c(pool, std::move(taken));
        pool.exchange_begins();
        const bool reused = c->exchanges() > 0;
        const outcome o = co_await c->exchange(head, body, method, out, d.time());
        c.give_back();
        if (o == outcome::answered) co_return;
        // A connection that the upstream gave up just then: what never reached it may be sent again, and what may
        // be repeated.
        const bool safe = idempotent || repeatable(method) || !c->sent_bytes();
        if (o == outcome::closed && reused && !c->got_bytes() && safe && !again && !d.expired()) {
            core->retries_total.add();
            continue;
        }
        pool.failed_at(c.shared());
        core->fail(o, !c->got_bytes());
    }
}

// Nobody asks how long a call of send() waited.
struct forgotten {
    client_core& in;
    const client_response& of;
    ~forgotten() { in.take_wait(of); }
};

awaitable<client_response> send_over(std::shared_ptr<client_core> core, client_request r, deadline d) {
    const std::string head = head_of(r, core->pool->authority(), d);
    client_response out;
    const forgotten none{*core, out};
    co_await exchange_over(core, head, r.body, r.method, r.idempotent, out, d);
    co_return out;
}

}  // namespace

client_core::client_core(executor ex, client_options o, metrics::registry& r)
    : options(std::move(o)),
      retries_total(r.make_counter("mita_http_client_retries_total", "Requests sent again on a new connection.",
                                   {{"upstream", options.name}})),
      failures_total(r.make_counter("mita_http_client_failures_total", "Requests that got no good answer.",
                                    {{"upstream", options.name}})),
      pool(std::make_shared<client_pool>(ex, options, r, failures_total)) {}

awaitable<connection_ptr> client_core::acquire(std::shared_ptr<client_core> core, const client_response& out,
                                               deadline d, bool fresh) {
    struct noted {
        client_core& in;
        const client_response& of;
        deadline::clock::time_point began = deadline::clock::now();
        ~noted() {
            const auto took = deadline::clock::now() - began;
            try {
                in.waits.emplace_back(&of, std::chrono::duration_cast<std::chrono::microseconds>(took));
            } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
                // It is not told.
            }
        }
    };
    const noted wait{*core, out};
    connection_ptr c = co_await core->pool->acquire(d, fresh);
    co_return c;
}

std::chrono::microseconds client_core::take_wait(const client_response& of) {
    std::chrono::microseconds sum{0};
    std::erase_if(waits, [&](const auto& w) {
        if (w.first == &of) sum += w.second;
        return w.first == &of;
    });
    return sum;
}

void client_core::fail(outcome o, bool before) {
    failures_total.add();
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

client::client(executor ex, client_options o, metrics::registry& metrics)
    : core_(std::make_shared<client_core>(ex, std::move(o), metrics)) {}

client::~client() { core_->pool->shut(); }

awaitable<client_response> client::send(client_request r, deadline d) { return send_over(core_, std::move(r), d); }

awaitable<void> client::exchange(std::string_view head, std::string_view body, verb method, bool idempotent,
                                 client_response& out, deadline d) {
    return exchange_over(core_, head, body, method, idempotent, out, d);
}

void client::half_close(const client_response& out) { core_->pool->half_close(out); }

client::stats client::snapshot() const { return core_->pool->snapshot(); }

awaitable<void> client::close(deadline d) { return client_pool::close(core_->pool, d); }

}  // namespace mita::http

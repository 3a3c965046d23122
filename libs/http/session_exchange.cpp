// One exchange of a session, from the head that was read to the answer and what it leaves of the connection.
#include "http/problem.hpp"
#include "http/refused_head.hpp"
#include "http/session_body.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

namespace mita::http {

namespace {

constexpr std::size_t most_discarded = 64 << 10;  // of a refused request's body, to keep its connection

}  // namespace

// One exchange, from the head in x_ to its answer. False: the connection ends.
awaitable<bool> session::serve() {
    exchange& x = *x_;
    began_ = deadline::clock::now();
    begin_request(began_);
    if (x.error.status != 0) {
        refuse_head();
    } else if (!x.taken_ahead && core_->in_flight.load(std::memory_order_relaxed) > core_->options.max_in_flight) {
        core_->shed_total.add();
        write_problem(x.res, x.req, api_error(503, "overloaded", "The service is busy; try again"));
        if (core_->words != nullptr) core_->words->add_to(x.res, x.req);
        core_->what.refused(x.req.headers.value("Origin"), x.res);
    } else {
        co_await receive_and_handle();
    }
    decide_keep_alive();
    const bool sent = co_await answer();
    if (counted_) end_request();
    bool going = keep_ && sent;
    if (going && !body_done_) {
        going = co_await discard_body();
    }
    if (!going) linger_ = linger_ && sent;
    if (ahead_ != nullptr && (!going || ahead_->next == ahead_->waiting.size())) ahead_ = nullptr;
    in_.consume(next_);
    if (in_.size() == 0 || ahead_ != nullptr) {
        core_->give_back(std::move(x_));
        in_.shrink();
    } else {
        x.clear();
    }
    co_return going;
}

void session::begin_request(deadline::clock::time_point now) {
    exchange& x = *x_;
    request& req = x.req;
    if (!x.taken_ahead) introduce(x);
    known_method_ = x.error.status == 0 || !req.path.empty();
    req.until = deadline::at(now + x.allowed).counting_db(req.db_us);
    next_ = x.head_size;
    body_done_ = !req.has_body;
    counted_ = true;
    core_->in_flight.fetch_add(1, std::memory_order_relaxed);
    core_->in_flight_gauge.add(1);
}

// Who asks, under which ids, and how long it may take.
void session::introduce(exchange& x) {
    request& req = x.req;
    x.ids.assign(req, x.error.status == 0, core_->random);
    req.client_address = address_;
    req.from = this;
    x.allowed = core_->options.handle_timeout;
    if (trusted_ && x.error.status == 0) {
        const std::string_view client = core_->trusted.client_of(req.headers);
        if (!client.empty()) req.client_address = client;
        const std::string_view left = req.headers.value(deadline_header);
        std::int64_t ms = 0;
        const auto [end, fault] = std::from_chars(left.data(), left.data() + left.size(), ms);
        if (!left.empty() && fault == std::errc() && end == left.data() + left.size() && ms >= 0) {
            x.allowed = std::min(x.allowed, std::chrono::milliseconds(ms));
            x.own_deadline = false;
        }
    }
}

void session::refuse_head() {
    exchange& x = *x_;
    const head_error& e = x.error;
    if (!e.rule.empty()) core_->exchanges.malformed(e.rule);
    api_error error(e.status, std::string(e.code), std::string(e.detail));
    if (e.status == 405) error.with_header("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    write_problem(x.res, x.req, error);
    core_->what.refused(origin_of_refused(), x.res);
    x.res.close = true;
    body_done_ = false;  // nobody knows where the next message would begin (R7)
}

// The Origin of a head that was refused, perhaps before its line: whoever reads the refusal in a browser needs it
// named. Nothing else of such a head is believed.
std::string session::origin_of_refused() {
    std::string head(in_.view());
    const std::size_t had = head.size(), most = had + core_->options.head.head;
    head.resize(most);
    error_code ec;
    const std::size_t more = read_now(head.data() + had, most - had, ec);  // what is here
    head.resize(had + (ec ? 0 : more));
    return std::string(field_in_refused(head, "Origin"));
}

awaitable<void> session::receive_and_handle() {
    exchange& x = *x_;
    service::admission a;
    std::exception_ptr error;
    if (x.taken_ahead) {
        a.admitted = x.admitted;
    } else {
        try {
            a = co_await core_->what.admit(x.req, x.res);
        } catch (...) {
            error = std::current_exception();
        }
    }
    x.parts.admitted = part_times::now();
    if (error) {
        write_exception(x.res, x.req, error, x.res.log_detail);
        co_return;
    }
    if (!a.admitted) co_return;
    if (may_lead()) {
        co_await take_ahead();
    }
    const std::uint64_t limit = a.body_limit != 0 ? a.body_limit : core_->options.body_limit;
    if (x.req.content_length.value_or(0) > limit) {
        refuse_body(result::too_large);
        co_return;
    }
    if (a.stream_body) {
        body_reader source(*this, limit);
        x.req.stream = &source;
        co_await handle();
        x.req.stream = nullptr;
        body_done_ = source.done();
        if (!body_done_) x.res.close = true;
        co_return;
    }
    if (x.req.has_body) {
        const result r = co_await read_body(limit);
        if (r != result::good) {
            refuse_body(r);
            co_return;
        }
        x.parts.received = part_times::now();
        // The client's slowness is not the handler's; a trusted peer's deadline stands.
        if (x.own_deadline) x.req.until = deadline::after(core_->options.handle_timeout).counting_db(x.req.db_us);
    }
    co_await handle();
}

awaitable<void> session::handle() {
    exchange& x = *x_;
    std::exception_ptr error;
    try {
        if (x.in_convoy) {
            co_await ahead_->together->handle(x.req, x.res);
        } else {
            co_await core_->what.handle(x.req, x.res);
        }
    } catch (...) {
        error = std::current_exception();
    }
    if (error) {
        std::string detail;
        write_exception(x.res, x.req, error, detail);
        x.res.log_detail = std::move(detail);
    }
    x.parts.handled = part_times::now();
}

void session::decide_keep_alive() {
    exchange& x = *x_;
    keep_ = x.keep_alive && !x.res.close && !core_->draining && x.error.status == 0;
    if (!body_done_ && keep_) {
        // Refused before its body: a short one that the client sends anyway is read and dropped.
        const std::size_t have = in_.size() - x.head_size;
        const std::uint64_t length = x.req.content_length.value_or(~std::uint64_t(0));
        if (length <= have) {
            next_ = x.head_size + static_cast<std::size_t>(length);
            body_done_ = true;
        } else {
            keep_ = !x.expect_continue && length != ~std::uint64_t(0) && length - have <= most_discarded;
        }
    }
    // Closing while bytes come resets the connection, and the client may lose the answer. One that asked for the end
    // sends no more.
    linger_ = !keep_ && (!body_done_ || x.keep_alive);
}

void session::end_request() {
    exchange& x = *x_;
    exchange_facts facts;
    facts.began = began_;
    facts.parts = &x.parts;
    facts.ended = deadline::clock::now();
    facts.took = std::chrono::duration_cast<std::chrono::microseconds>(facts.ended - began_);
    facts.bytes_in = x.head_size + x.req.body.size();
    facts.bytes_out = x.bytes_out;
    facts.known_method = known_method_;
    core_->exchanges.finished(x.req, x.res, facts);
    ++served_;
    counted_ = false;
    core_->in_flight.fetch_sub(1, std::memory_order_relaxed);
    core_->in_flight_gauge.add(-1);
}

void exchange::clear() {
    req.clear();
    res.clear();
    body.clear();
    if (body.capacity() > (64u << 10)) body = std::string();
    big.reset();
    interim = {};
    reader.reset();
    error = head_error();
    head_size = 0;
    bytes_out = 0;
    keep_alive = expect_continue = false;
    own_deadline = true;
    taken_ahead = admitted = in_convoy = false;
    parts = part_times();
}

}  // namespace mita::http

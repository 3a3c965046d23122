// The requests that a client sent behind one another, as far as they are here: those that change nothing and have no
// body are admitted and, where the service can, handled together. Their answers are still made and written one by one.
#include "http/problem.hpp"
#include "http/session.hpp"

#include <exception>
#include <utility>

namespace mita::http {

namespace {

bool safe(verb v) { return v == verb::get || v == verb::head; }

bool begins_safe(std::string_view bytes) { return bytes.starts_with("GET ") || bytes.starts_with("HEAD "); }

}  // namespace

// An exchange alone in the buffer asks two questions here.
bool session::may_lead() const {
    const exchange& x = *x_;
    return in_.size() > x.head_size && core_->convoys != nullptr && !x.in_convoy && ahead_ == nullptr &&
           safe(x.req.method) && !x.req.has_body && x.keep_alive && !x.expect_continue &&
           begins_safe(in_.view().substr(x.head_size)) &&
           core_->in_flight.load(std::memory_order_relaxed) < core_->options.max_in_flight;
}

// After x_ was admitted. What is not taken is read when its turn comes.
awaitable<void> session::take_ahead() {
    exchange& x = *x_;
    auto taken = std::make_unique<ahead>();
    std::size_t at = x.head_size;
    for (bool going = true; going && taken->waiting.size() < most_ahead;) {
        std::unique_ptr<exchange> y = read_ahead(in_.view().substr(at));
        if (y == nullptr) break;
        if (taken->together == nullptr) {
            taken->together = core_->convoys->make_convoy(x.req);
            if (taken->together == nullptr) break;
        }
        service::admission a;
        std::exception_ptr error;
        try {
            a = co_await core_->what.admit(y->req, y->res);
        } catch (...) {
            error = std::current_exception();
        }
        if (error) write_exception(y->res, y->req, error, y->res.log_detail);
        y->admitted = !error && a.admitted;
        y->in_convoy = y->admitted && taken->together->join(y->req);
        going = y->keep_alive && y->in_convoy == y->admitted;
        at += y->head_size;
        taken->waiting.push_back(std::move(y));
    }
    if (taken->waiting.empty()) co_return;
    x.in_convoy = true;
    ahead_ = std::move(taken);
}

// A whole good head that may be taken ahead, else null.
std::unique_ptr<exchange> session::read_ahead(std::string_view bytes) {
    if (!begins_safe(bytes)) return nullptr;
    std::unique_ptr<exchange> y = core_->borrow();
    const head_limits& limits = trusted_ ? core_->trusted_head : core_->options.head;
    if (y->reader.check(bytes, limits, y->error) == head_state::done && !y->reader.has_body() &&
        !y->reader.expects_continue() && build_head(*y, bytes) == head_state::done) {
        introduce(*y);
        y->taken_ahead = true;
        y->req.until = deadline::after(y->allowed).counting_db(y->req.db_us);
        return y;
    }
    core_->give_back(std::move(y));
    return nullptr;
}

// The next turn is that of the first one taken ahead.
void session::take_next() {
    x_ = std::move(ahead_->waiting[ahead_->next++]);
    if (ahead_->next == ahead_->waiting.size() && !x_->in_convoy) ahead_ = nullptr;
}

}  // namespace mita::http

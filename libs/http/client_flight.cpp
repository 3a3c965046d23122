#include "http/client_flight.hpp"

#include "core/error.hpp"
#include "http/answer_head.hpp"
#include "http/client_core.hpp"

namespace mita::http {

using outcome = client_connection::outcome;

client_flight::client_flight(client& to) : core_(to.core_) {}

client_flight::~client_flight() { let_go(); }

void client_flight::add(std::string_view head, std::string_view name) {
    heads_.append(head.substr(0, head.size() - 2));
    heads_.append(answer_name_header).append(": ").append(name).append("\r\n\r\n");
    parts_.push_back({heads_.size(), name.size()});
}

std::string_view client_flight::name_of(const part& p) const {
    constexpr std::size_t line_ends = 4;
    return std::string_view(heads_).substr(p.end - line_ends - p.name, p.name);
}

awaitable<void> client_flight::next(client_response& out, deadline d) {
    client_pool& pool = *core_->pool;
    const std::size_t mine = at_++;
    for (bool again = false;; again = true) {
        if (d.expired()) throw deadline_exceeded();
        const bool first = connection_ == nullptr;
        outcome o = outcome::none;
        if (first) {
            if (!again) connection_ = pool.take_idle();
            if (connection_ == nullptr) {
                connection_ = co_await client_core::acquire(core_, out, d, again);
            }
            pool.exchange_begins();
            const std::size_t begin = mine == 0 ? 0 : parts_[mine - 1].end;
            const std::size_t last = core_->names_answers ? parts_.size() - 1 : mine;
            const auto heads = std::string_view(heads_).substr(begin, parts_[last].end - begin);
            o = co_await connection_->exchange(heads, {}, verb::get, out, d.time(),
                                               static_cast<unsigned>(last - mine + 1));
        } else {
            o = co_await connection_->next(verb::get, out, d.time());
        }
        const bool got = connection_->got_bytes();
        bool nobodys = false;
        if (o == outcome::answered) {
            nobodys = !named(out, name_of(parts_[mine]), first);
            if (!nobodys) {
                if (connection_->owed() == 0) let_go();
                co_return;
            }
            connection_->close();
        }
        let_go();
        if ((nobodys || (o == outcome::closed && !got)) && !again && !d.expired()) {
            core_->retries_total.add();
            continue;
        }
        core_->fail(nobodys ? outcome::malformed : o, !got);
    }
}

// Is it the answer to the request called so? The first on a silent connection is, by its place.
bool client_flight::named(const client_response& out, std::string_view name, bool first) {
    const header* said = out.headers.find(answer_name_header);
    if (said != nullptr) return said->value == name && (core_->names_answers = true);
    core_->names_answers = false;
    if (first && connection_->owed() > 0) connection_->close();
    return first;
}

void client_flight::let_go() {
    if (connection_ == nullptr) return;
    core_->pool->release(connection_);  // which closes it unless all is answered
    connection_ = nullptr;
}

std::chrono::microseconds client_flight::take_wait(const client_response& out) const { return core_->take_wait(out); }

std::chrono::microseconds client_flight::take_wait(const client& of, const client_response& out) {
    return of.core_->waits.empty() ? std::chrono::microseconds(0) : of.core_->take_wait(out);
}

void client_flight::again_at(client& other) {
    let_go();
    core_ = other.core_;
    --at_;
}

void client_flight::half_close() {
    if (connection_ != nullptr) connection_->half_close();
}

}  // namespace mita::http

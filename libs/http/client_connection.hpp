// One connection of a client: writes a request, reads its answer strictly (R16). Internal to libs/http. A read is
// always pending, between exchanges too: a closed or talkative upstream is noticed while the connection is idle, and an
// exchange costs one read and one write. On its worker only.
#pragma once

#include "core/async.hpp"
#include "core/deadline.hpp"
#include "http/client.hpp"
#include "http/response_head.hpp"

#include <boost/asio/buffer.hpp>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mita::http {

class client_connection final : public std::enable_shared_from_this<client_connection> {
public:
    // Told when an idle connection ends by itself.
    class owner {
    public:
        virtual ~owner() = default;
        virtual void idle_ended(client_connection& c) = 0;
    };
    enum class outcome : std::uint8_t { none, answered, closed, malformed, too_large, timed_out };

    client_connection(executor ex, owner* o, std::size_t max_response)
        : socket_(ex), owner_(o), max_response_(max_response) {}

    // False when it could not be connected until then.
    awaitable<bool> connect(tcp::endpoint to, deadline::clock::time_point until);
    // At most one at a time. `head` and `body` stay valid until it ends. The answer is in `out` when it says answered.
    awaitable<outcome> exchange(std::string_view head, std::string_view body, verb method, client_response& out,
                                deadline::clock::time_point until);

    bool reusable() const { return reusable_; }    // after an exchange: may carry another
    bool got_bytes() const { return got_bytes_; }  // of the last exchange's answer
    bool sent_bytes() const { return sent_bytes_; }
    std::uint32_t exchanges() const { return exchanges_; }
    // Ends what is waited for when `now` has reached its time. Called by the owner's tick.
    void tick(deadline::clock::time_point now);
    void close();
    bool reads_into(const client_response& out) const { return out_ == &out; }
    void half_close();  // after a request was written; the connection carries no other one
    void disown() { owner_ = nullptr; }

    std::size_t index = 0;                     // the owner's
    deadline::clock::time_point idle_since{};  // the owner's

private:
    // The suspended exchange: resumed in place by whatever completes it, without a timer or a trip through the queue.
    using suspended = asio::async_result<asio::use_awaitable_t<executor>, void()>::handler_type;
    struct ready_handler;

    void start_read();
    void on_ready(error_code ec);
    bool spoke_unasked() const;
    void on_read(error_code ec, std::size_t n);
    outcome take(std::size_t n);  // what n new bytes make of the exchange; none: more are needed
    outcome take_body(std::size_t n);
    void finish(outcome o);
    void deliver();
    bool room();
    awaitable<void> write(std::array<asio::const_buffer, 2> what);
    awaitable<void> suspend();

    tcp_socket socket_;
    int fd_ = -1;
    owner* owner_;
    std::size_t max_response_;
    std::string in_;       // its size is what may be filled; have_ of it is
    std::string decoded_;  // head and decoded chunks
    std::size_t have_ = 0;
    std::optional<suspended> waiting_;
    client_response* out_ = nullptr;  // not null: an exchange runs
    response_head head_;
    chunk_decoder chunks_;
    const char* views_of_ = nullptr;  // where the header views point
    deadline::clock::time_point until_{};
    verb method_ = verb::get;
    outcome outcome_ = outcome::none;
    std::uint32_t exchanges_ = 0;
    bool timed_ = false, timed_out_ = false;
    bool head_done_ = false, reading_ = false, writing_ = false, unsent_ = false;
    bool got_bytes_ = false, sent_bytes_ = false, reusable_ = false, half_closed_ = false;
};

}  // namespace mita::http

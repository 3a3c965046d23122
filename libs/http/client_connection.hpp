// One connection of a client: writes a request, reads its answer (http/answer_reader.hpp). Internal to libs/http. The
// coroutine in exchange() owns it and does all of it in a straight line; handlers only note what happened. Nothing is
// waited for between exchanges; the pool looks now and then, and each exchange looks first: whoever left or spoke
// unasked is not asked (R16). On its worker only.
#pragma once

#include "core/async.hpp"
#include "core/deadline.hpp"
#include "http/answer_reader.hpp"
#include "http/client.hpp"
#include "http/message_writer.hpp"
#include "http/wakeup.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace mita::http {

class client_connection final : public std::enable_shared_from_this<client_connection> {
public:
    enum class outcome : std::uint8_t { none, answered, closed, malformed, too_large, timed_out, opened, piece };

    client_connection(executor ex, std::size_t max_response) : socket_(ex), answer_(max_response) {}

    // False when it could not be connected until then.
    awaitable<bool> connect(tcp::endpoint to, deadline::clock::time_point until);
    // At most one at a time. `head` and `body` stay valid until it ends. The answer is in `out` when it says answered.
    // Await it at once. `heads`: so many requests stand in `head`, which stays valid until the last is answered; this
    // gives the first answer.
    awaitable<outcome> exchange(std::string_view head, std::string_view body, verb method, client_response& out,
                                deadline::clock::time_point until, unsigned heads = 1);
    // The next answer of those owed, likewise. Until it is asked for it waits where the kernel keeps it.
    awaitable<outcome> next(verb method, client_response& out, deadline::clock::time_point until);

    // As exchange() of a GET, for an answer that may come in pieces. opened: its head is in `out`, and next_piece()
    // gives what follows, as it comes; answered: that was all. While nothing comes no buffer is held.
    awaitable<outcome> open(std::string_view head, client_response& out, deadline::clock::time_point until);
    awaitable<outcome> next_piece(std::string& to, deadline::clock::time_point until);

    bool reusable() const { return reusable_; }    // after an exchange: may carry another
    unsigned owed() const { return owed_; }        // answers still to come, on a connection that still can bring them
    bool spoke_unasked() const;                    // while idle: are there bytes, or the end? One system call
    bool got_bytes() const { return got_bytes_; }  // of the last exchange's answer
    bool sent_bytes() const { return sent_bytes_; }
    std::uint32_t exchanges() const { return exchanges_; }
    // Ends what is waited for when `now` has reached its time. Called by the owner's tick.
    void tick(deadline::clock::time_point now);
    void close();
    bool reads_into(const client_response& out) const { return out_ == &out; }
    void half_close();  // after a request was written; the connection carries no other one

    std::size_t index = 0;                     // the owner's
    tcp::endpoint where;                       // likewise
    deadline::clock::time_point idle_since{};  // the owner's

private:
    enum class sending : std::uint8_t { some, blocked, all, failed };

    void begin(client_response& out, deadline::clock::time_point until);
    awaitable<outcome> settle(outcome end);
    void start_read();
    bool start_first_read();
    outcome take();
    void send();
    void wait_writable();
    void wait_readable();
    outcome take_piece(std::string& to);
    outcome meaning_of(answer_reader::state s, const std::string& got);
    bool awaited() const { return out_ != nullptr || piece_ != nullptr; }

    tcp_socket socket_;
    int fd_ = -1;
    answer_reader answer_;
    request_writer request_;
    wakeup happened_;
    client_response* out_ = nullptr;  // not null: an exchange runs
    std::string* piece_ = nullptr;    // not null: a piece is waited for
    deadline::clock::time_point until_{};
    error_code read_error_;  // of the read that ended
    std::size_t read_ = 0;   // bytes it brought
    std::uint32_t exchanges_ = 0;
    unsigned owed_ = 0;
    sending sending_ = sending::all;
    bool reading_ = false;
    bool timed_ = false, timed_out_ = false;
    bool got_bytes_ = false, sent_bytes_ = false, reusable_ = false, half_closed_ = false;
    outcome last_ = outcome::none;  // how an answer in pieces ended with the one that was given
};

}  // namespace mita::http

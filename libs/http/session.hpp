// One connection of a server: reads heads and bodies, asks the service, writes answers in order. Internal to libs/http.
// Lives as long as its coroutine; on its worker only. Idle it keeps one small read buffer; all else is borrowed for an
// exchange. In parts: session.cpp its life and the heads it reads, session_exchange.cpp a request's way from there,
// session_ahead.cpp the requests that came behind it, session_body.cpp and session_answer.cpp the bytes in and out.
#pragma once

#include "core/error.hpp"
#include "http/connection_buffer.hpp"
#include "http/connection_wait.hpp"
#include "http/convoy.hpp"
#include "http/exchange_ids.hpp"
#include "http/exchange_log.hpp"
#include "http/handshake_log.hpp"
#include "http/live_options.hpp"
#include "http/message_writer.hpp"
#include "http/request_reader.hpp"
#include "http/server.hpp"
#include "http/tls_service.hpp"
#include "http/tls_stream.hpp"
#include "http/trusted_peers.hpp"
#include "http/wording_service.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mita::http {

class live_source;
class session;

// What an exchange needs while it runs; reused by the next one on any connection of the worker.
struct exchange {
    request req;
    response res;
    exchange_ids ids;
    std::string path_buffer, body;
    std::string_view interim;     // what is written before the answer
    std::unique_ptr<char[]> big;  // a body that does not fit behind its head
    request_reader reader;
    answer_writer writer;
    head_error error;
    std::size_t head_size = 0;
    std::uint64_t bytes_out = 0;
    bool keep_alive = false, expect_continue = false;
    bool own_deadline = true;                    // req.until is ours, not a trusted peer's
    std::chrono::milliseconds allowed{0};        // to handle it in
    bool taken_ahead = false, admitted = false;  // introduced and asked about already; with what result
    bool in_convoy = false;
    part_times parts;
    void clear();
};

// What a session took ahead of its turn.
struct ahead {
    std::vector<std::unique_ptr<exchange>> waiting;  // heads in in_ behind the current one's; admitted or refused
    std::size_t next = 0;                            // of these
    std::unique_ptr<convoy> together;
};

// While draining: how long a connection without a request may still bring one.
inline constexpr std::chrono::milliseconds last_request_time{1'000};

// The part of a server that its sessions share.
struct server_core {
    server_core(worker& on, server_options o, service& s, logger& l, metrics::registry& registry);

    executor ex;
    server_options options;
    service& what;
    convoy_service* const convoys;  // what, when it has any
    wording_service* const words;   // likewise
    const live_options* const live;
    const tls_identity* const tls;  // null: plain
    logger& log;
    trusted_peers trusted;
    head_limits trusted_head;  // for the heads of trusted peers
    id_source random;
    exchange_log exchanges;
    metrics::gauge& in_flight_gauge;
    metrics::gauge& connections_gauge;
    metrics::gauge& streams_gauge;
    metrics::counter& shed_total;
    std::unique_ptr<handshake_log> handshakes;  // null: plain

    std::vector<session*> sessions;
    std::vector<std::unique_ptr<exchange>> spare;
    std::atomic<std::size_t> connections{0}, in_flight{0}, expected{0};  // expected: accepted, not adopted yet
    std::atomic<bool> draining{false};
    std::uint32_t now = 1;  // ticks of 100 ms since the start
    std::string date = "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n";

    unsigned taken_generation = 0;  // of live
    void take_live();

    std::unique_ptr<exchange> borrow();
    void give_back(std::unique_ptr<exchange> x);
    std::uint32_t ticks(std::chrono::milliseconds d) const;  // the tick at which d from now has surely passed
};

class session final : public peer, public connection_wait, public std::enable_shared_from_this<session> {
public:
    session(std::shared_ptr<server_core> core, tcp_socket socket);
    ~session() override;
    session(const session&) = delete;
    session& operator=(const session&) = delete;

    static awaitable<void> run(std::shared_ptr<session> self);

    bool gone() const override;
    void watch(gone_watch* who) override { watch_ = who; }
    void waited(std::chrono::microseconds for_a_connection) override { x_->parts.connection += for_a_connection; }
    void tick();  // every 100 ms: ends what took too long, tells a watch that the client has gone
    // The server stopped keeping connections: an idle one waits for one more request, as long as until (ticks).
    void drain(std::uint32_t until);
    void abandon();  // closes the socket whatever happens on it

private:
    // What the pending read or write is for: says what its timeout means.
    enum class phase : std::uint8_t { handshake, idle, head, body, write, discard, linger };
    enum class result : std::uint8_t { good, closed, timed_out, malformed, too_large };
    class body_reader;

    // session.cpp
    awaitable<bool> read_head();
    std::size_t read_now(char* to, std::size_t room, error_code& ec);  // what is here
    awaitable<result> read_some(phase why, std::uint32_t until, char* to, std::size_t room, std::size_t& got);
    head_state parse_head();
    static head_state build_head(exchange& x, std::string_view bytes);

    // session_exchange.cpp
    awaitable<bool> serve();
    void introduce(exchange& x);
    void begin_request(deadline::clock::time_point now);
    void refuse_head();
    std::string origin_of_refused();
    awaitable<void> receive_and_handle();
    awaitable<void> handle();
    void decide_keep_alive();
    void end_request();

    // session_ahead.cpp
    bool may_lead() const;
    awaitable<void> take_ahead();
    std::unique_ptr<exchange> read_ahead(std::string_view bytes);
    void take_next();

    // session_body.cpp
    awaitable<result> read_body(std::uint64_t limit);
    awaitable<result> read_length(std::uint64_t length, std::uint32_t until);
    awaitable<result> read_chunks(std::uint64_t limit, std::uint32_t until);
    awaitable<bool> discard_body();
    awaitable<bool> go_on();
    void keep_behind(std::string_view fresh, std::size_t used);
    static api_error fault_of(result r);
    void refuse_body(result r);

    // session_answer.cpp
    awaitable<bool> answer();
    awaitable<bool> stream_answer(live_source* live);
    void begin_live(live_source& source);
    void end_live();
    answer_facts facts() const;
    awaitable<bool> write();
    bool write_now(error_code& ec);
    awaitable<void> linger();

    // session_tls.cpp
    awaitable<bool> shake_hands();
    awaitable<void> say_goodbye();

    std::shared_ptr<server_core> core_;
    tcp_socket socket_;
    int fd_;
    std::unique_ptr<tls_stream> tls_;  // null: plain
    connection_buffer in_;
    std::unique_ptr<exchange> x_;
    std::unique_ptr<ahead> ahead_;  // null: nothing was taken ahead
    gone_watch* watch_ = nullptr;
    live_source* live_ = nullptr;  // not null: its answer has begun
    deadline::clock::time_point began_{};
    std::string address_;
    std::size_t next_ = 0;       // where in in_ the next message begins, as far as known
    std::size_t index_ = 0;      // in core_->sessions
    std::uint32_t expires_ = 0;  // tick; 0: nothing is waited for with a timeout
    std::uint32_t served_ = 0;
    unsigned in_a_row_ = 0;  // answers since the last wait for input
    phase phase_ = phase::idle;
    bool trusted_ = false;
    bool timed_out_ = false;
    bool counted_ = false;   // in in_flight
    bool keep_ = false;      // the connection, after this answer
    bool linger_ = false;    // input may be left unread when the connection ends
    bool body_done_ = true;  // the request's body was read to its end
    bool known_method_ = true;
};

}  // namespace mita::http

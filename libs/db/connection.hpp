// One libpq connection in pipeline mode on a worker's loop. Used by pool's lanes, transaction and listener, on their
// thread. Promises: every call given to submit() ends exactly once (its Sync, or 08006 for all when the connection is
// lost); reading goes on while writing; the descriptor is given back before PQfinish. Whoever holds it keeps it alive;
// its handlers do too. Sending is in connection_send.cpp, the rest in connection.cpp, logging in in connect.cpp.
#pragma once

#include "core/async.hpp"
#include "core/deadline.hpp"
#include "core/log.hpp"
#include "db/pipeline.hpp"
#include "db/url.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

struct pg_conn;
struct pg_result;

namespace mita::db {

struct connection_options {
    explicit connection_options(conninfo i) : info(std::move(i)) {}
    conninfo info;
    bool prepared = true;
    std::size_t max_abandoned = 32;              // more: closed as lost
    std::chrono::milliseconds step_limit{4000};  // a statement at the head for longer: closed as lost
};

class connection : public std::enable_shared_from_this<connection> {
public:
    using clock = call::clock;
    // Called on the worker. The owner must not be destroyed inside them.
    struct hooks {
        std::function<void()> completed;  // after answers were read: some calls have ended
        std::function<void()> lost;       // once, after all calls failed; not after close()
        std::function<void(const std::string& channel, const std::string& payload)> notified;
    };

    // Connects and logs in. Throws db::error 08001 (with the server's words, which name no secret) or
    // deadline_exceeded.
    static awaitable<std::shared_ptr<connection>> open(executor ex, const connection_options& options, deadline d,
                                                       logger& log);
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    void set_hooks(hooks h) { hooks_ = std::move(h); }

    // Sends the call's statements and a Sync. Statements that may share one (statement.hpp) wait for others until the
    // turn of the loop ends, unless nothing is in flight: a lone call never waits. Never throws for the network: a lost
    // connection fails the call.
    void submit(const std::shared_ptr<call>& c);
    // The waiter of a submitted call left: its answer will be read and dropped. May close a connection that has too
    // many.
    void abandon(call& c);
    // Closes as lost when the head has been working longer than it may (the watchdog of the owner calls this).
    void check(clock::time_point now);
    // Closes now; calls in flight fail with 08006. No hook is called.
    void close();

    bool alive() const { return link_ != nullptr; }
    std::size_t in_flight() const { return pipeline_.size(); }
    // Alive, nothing in flight and outside any transaction.
    bool idle() const;
    bool in_transaction() const;  // as of the last answer read
    clock::time_point opened_at() const { return opened_at_; }
    clock::time_point last_ok() const { return last_ok_; }

    connection(executor ex, const connection_options& options, logger& log);  // use open()

private:
    awaitable<void> log_in(deadline d);
    void begin_login(const std::vector<endpoint>& endpoints);
    void adopt_socket();
    bool send(const call& c, const pipeline::step& s);
    void gather();
    bool hold_back(bool on);
    bool share();
    bool end_sharing();
    void again(const std::shared_ptr<call>& c);
    void arm_read();
    void arm_write();
    void flush();
    void on_readable();
    void drain();
    bool take(pg_result* result, clock::time_point now);
    bool more_decrypted() const;
    void end(const std::shared_ptr<call>& c);
    void fail_calls();
    void deliver_notifications();
    void lose(const char* why);
    void release_link();
    static void on_notice(void* self, const pg_result* notice);

    executor ex_;
    connection_options options_;
    logger& log_;
    asio::posix::basic_stream_descriptor<executor> socket_;
    pg_conn* link_ = nullptr;
    pipeline pipeline_;
    hooks hooks_;
    bool writing_ = false;
    bool tcp_ = false;         // not a unix socket
    bool gathering_ = false;   // TCP holds back what is sent
    std::size_t sharing_ = 0;  // calls at the pipeline's end whose Sync is still to be sent
    std::uint64_t ended_ = 0;  // calls, so far
    bool tls_ = false;
    bool connect_expired_ = false;
    clock::time_point opened_at_{};
    clock::time_point last_ok_{};
};

}  // namespace mita::db

#include "db/connection.hpp"

#include "db/libpq.hpp"

#include <boost/asio/post.hpp>

#include <libpq-fe.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>
#include <utility>

namespace mita::db {

namespace {

error lost_error() { return error("08006", "", "connection to the database lost"); }

}  // namespace

connection::connection(executor ex, const connection_options& options, logger& log)
    : ex_(ex), options_(options), log_(log), socket_(ex), pipeline_(options.prepared) {}

// With calls in flight only when the whole context goes (our handlers hold us): then nobody is left to be told.
connection::~connection() {
    for (const auto& c : pipeline_.fail_all(lost_error(), clock::now())) c->on = nullptr;
    release_link();
}

void connection::abandon(call& c) {
    if (c.on != this) return;
    pipeline_.abandon(c);
    if (pipeline_.abandoned() > options_.max_abandoned) lose("too many abandoned statements");
}

void connection::check(clock::time_point now) {
    if (!alive() || pipeline_.empty()) return;
    const auto steps = static_cast<int>(std::max<std::size_t>(1, pipeline_.head_steps()));
    if (now - pipeline_.head_since() > options_.step_limit * steps) lose("no answer");
}

bool connection::idle() const { return alive() && pipeline_.empty() && PQtransactionStatus(link_) == PQTRANS_IDLE; }

bool connection::in_transaction() const { return alive() && PQtransactionStatus(link_) != PQTRANS_IDLE; }

void connection::arm_read() {
    socket_.async_wait(socket_.wait_read, [self = shared_from_this()](error_code ec) {
        if (!self->alive() || ec == asio::error::operation_aborted) return;
        if (ec)
            self->lose("waiting failed");
        else
            self->on_readable();
    });
}

void connection::on_readable() {
    bool open = true;
    do {
        open = PQconsumeInput(link_) == 1;
        drain();  // also after a failure: complete answers may precede the end
        if (alive() && !open) lose("closed by the server");
    } while (alive() && more_decrypted());
    if (!alive()) return;
    flush();
    if (alive()) arm_read();
}

// Bytes OpenSSL has decrypted and libpq has not read: the socket will not announce them. libpq always has room for 8
// KiB, the record of servers up to 16; later ones and proxies send records of 16 KiB.
bool connection::more_decrypted() const {
    if (!tls_) return false;
    const auto* tls = static_cast<const SSL*>(PQsslStruct(link_, "OpenSSL"));
    return tls && SSL_pending(tls) > 0;
}

void connection::drain() {
    const auto now = clock::now();
    const auto before = ended_;
    int nulls = 0;  // one ends each statement's results; more in a row mean a dead link
    while (alive() && !pipeline_.empty() && PQisBusy(link_) == 0) {
        PGresult* result = PQgetResult(link_);
        if (result) {
            nulls = 0;
            if (!take(result, now)) lose("answers out of step");
        } else if (++nulls > 2) {
            break;
        }
    }
    if (!alive()) return;
    const bool completed = ended_ != before;
    if (completed) last_ok_ = now;
    deliver_notifications();
    if (completed && alive() && hooks_.completed) hooks_.completed();
}

// Owns the result. False: out of step.
bool connection::take(PGresult* result, clock::time_point now) {
    switch (PQresultStatus(result)) {
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
        case PGRES_EMPTY_QUERY:
            return pipeline_.on_rows(adopt(result));
        case PGRES_PIPELINE_SYNC: {
            PQclear(result);
            const auto done = pipeline_.on_sync(now);
            for (const auto& c : done) {
                if (c->skipped && !c->abandoned)
                    again(c);
                else
                    end(c);
            }
            return !done.empty();
        }
        case PGRES_PIPELINE_ABORTED:
            PQclear(result);
            return pipeline_.on_aborted();
        case PGRES_FATAL_ERROR: {
            const auto* what = pipeline_.current();
            auto e = error_of(result, what ? what->name : "");
            const bool stale = is_stale_plan(result);
            PQclear(result);
            const bool schema_changed = stale && e.sqlstate == "0A000";
            const bool known = pipeline_.on_error(std::move(e), stale);
            // The old names stay with the server until the connection's end: as many as there are statements, per
            // migration.
            if (schema_changed) pipeline_.forget_statements();
            return known;
        }
        default:
            PQclear(result);
            return false;  // COPY: not ours
    }
}

void connection::end(const std::shared_ptr<call>& c) {
    ++ended_;
    c->on = nullptr;
    if (c->finally)
        asio::post(ex_, std::exchange(c->finally, nullptr));
    else
        c->done.notify();
}

void connection::deliver_notifications() {
    if (pipeline_.empty()) (void)PQisBusy(link_);  // parses what came unasked
    while (alive()) {
        PGnotify* n = PQnotifies(link_);
        if (!n) return;
        const std::string channel = n->relname;
        const std::string payload = n->extra;
        PQfreemem(n);
        if (hooks_.notified) hooks_.notified(channel, payload);
    }
}

void connection::lose(const char* why) {
    if (!alive()) return;
    const auto self = shared_from_this();
    log_.warn("db_connection_lost").with("reason", why).with("in_flight", static_cast<std::int64_t>(in_flight()));
    release_link();
    fail_calls();
    if (hooks_.lost) hooks_.lost();
}

void connection::fail_calls() {
    for (const auto& c : pipeline_.fail_all(lost_error(), clock::now())) end(c);
}

void connection::close() {
    if (!alive()) return;
    release_link();
    fail_calls();
}

// The descriptor is libpq's: given back first, else its number, reused by somebody else, would still be watched here.
void connection::release_link() {
    sharing_ = 0;
    if (socket_.is_open()) socket_.release();
    if (link_) PQfinish(std::exchange(link_, nullptr));
}

void connection::on_notice(void* self, const PGresult* notice) {
    const auto text = [notice](int field) {
        const char* v = PQresultErrorField(notice, field);
        return std::string_view(v ? v : "");
    };
    const auto severity = text(PG_DIAG_SEVERITY_NONLOCALIZED);
    const auto level =
        severity == "WARNING" || severity == "FATAL" || severity == "PANIC" ? log_level::warn : log_level::debug;
    static_cast<connection*>(self)
        ->log_.at(level, "db_notice")
        .with("severity", severity)
        .with("sqlstate", text(PG_DIAG_SQLSTATE))
        .with("message", text(PG_DIAG_MESSAGE_PRIMARY));
}

}  // namespace mita::db

#include "db/connection.hpp"

#include "db/libpq.hpp"

#include <boost/asio/post.hpp>
#include <boost/container/small_vector.hpp>

#include <libpq-fe.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

namespace mita::db {

namespace {

constexpr std::size_t most_sharing = 32;

error lost_error() { return error("08006", "", "connection to the database lost"); }

bool may_share(const call& c) {
    return !c.alone && std::ranges::all_of(c.items, [](const auto& item) { return item.what->with == sync::shared; });
}

}  // namespace

connection::connection(executor ex, const connection_options& options, logger& log)
    : ex_(ex), options_(options), log_(log), socket_(ex), pipeline_(options.prepared) {}

// With calls in flight only when the whole context goes (our handlers hold us): then nobody is left to be told.
connection::~connection() {
    for (const auto& c : pipeline_.fail_all(lost_error(), clock::now())) c->on = nullptr;
    release_link();
}

void connection::submit(const std::shared_ptr<call>& c) {
    const auto self = shared_from_this();  // `lost` may drop the owner's reference
    const bool shares = !pipeline_.empty() && may_share(*c);
    c->on = this;
    bool sent = alive() && (shares || end_sharing());
    if (!shares) gather();
    auto steps = pipeline_.plan(*c);
    for (const auto& s : steps) sent = sent && send(*c, s);
    sent = sent && (shares || PQpipelineSync(link_) == 1);
    pipeline_.push(c, std::move(steps), clock::now(), !shares);
    if (shares && sent) sent = share();
    if (sent) {
        flush();
    } else if (alive()) {
        lose("sending failed");  // before the Sync: the server rolls back what it already saw
    } else {
        for (const auto& failed : pipeline_.fail_all(lost_error(), clock::now())) end(failed);
    }
}

// One more waits for the Sync that the end of this turn of the loop sends, or the last one that it may have.
bool connection::share() {
    if (++sharing_ == most_sharing) return end_sharing();
    if (sharing_ == 1)
        asio::post(ex_, [self = shared_from_this()] {
            if (!self->alive()) return;
            if (self->end_sharing())
                self->flush();
            else
                self->lose("sending failed");
        });
    return true;
}

bool connection::end_sharing() {
    if (std::exchange(sharing_, 0) == 0) return true;
    pipeline_.sync();
    return PQpipelineSync(link_) == 1;
}

// libpq 15 sends at each Sync, and each call that does not share has its own. Calls that meet in one turn of the loop
// leave as one segment all the same: TCP holds them back until the turn's end. A lone call never waits.
void connection::gather() {
    if (!tcp_ || gathering_ || pipeline_.empty()) return;
    gathering_ = hold_back(true);
    if (!gathering_) return;
    asio::post(ex_, [self = shared_from_this()] {
        self->gathering_ = false;
        if (self->alive()) self->hold_back(false);
    });
}

bool connection::hold_back(bool on) {
    const int value = on ? 1 : 0;
    return ::setsockopt(PQsocket(link_), IPPROTO_TCP, TCP_CORK, &value, sizeof value) == 0;
}

bool connection::send(const call& c, const pipeline::step& s) {
    const auto& item = c.items[s.item];
    char name[16] = "";
    if (s.id != 0) std::snprintf(name, sizeof name, "m%u", s.id);
    if (s.prepare) return PQsendPrepare(link_, name, std::string(item.what->sql).c_str(), 0, nullptr) == 1;

    boost::container::small_vector<const char*, 16> values;
    for (std::size_t i = 0; i < item.with.count(); ++i) values.push_back(item.with.value(i));
    const int n = static_cast<int>(values.size());
    constexpr int binary = 1;
    if (s.id != 0) return PQsendQueryPrepared(link_, name, n, values.data(), nullptr, nullptr, binary) == 1;
    return PQsendQueryParams(link_, std::string(item.what->sql).c_str(), n, nullptr, values.data(), nullptr, nullptr,
                             binary) == 1;
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

// The Sync has tried to send already; what the socket did not take goes when it can, while reading goes on (else two
// large sides wait for each other). What still waits for its Sync goes with that.
void connection::flush() {
    if (!alive() || writing_ || sharing_ > 0) return;
    const int left = PQflush(link_);
    if (left < 0) lose("sending failed");
    if (left > 0) arm_write();
}

void connection::arm_write() {
    writing_ = true;
    socket_.async_wait(socket_.wait_write, [self = shared_from_this()](error_code ec) {
        self->writing_ = false;
        if (!self->alive() || ec == asio::error::operation_aborted) return;
        self->flush();
    });
}

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

// A neighbour's failure took this read with it: it goes once more, by itself.
void connection::again(const std::shared_ptr<call>& c) {
    c->results.clear();
    c->alone = true;
    submit(c);
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
    for (const auto& c : pipeline_.fail_all(lost_error(), clock::now())) end(c);
    if (hooks_.lost) hooks_.lost();
}

void connection::close() {
    if (!alive()) return;
    release_link();
    for (const auto& c : pipeline_.fail_all(lost_error(), clock::now())) end(c);
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

// connection's way in: names, the startup packet, the polling of libpq until the server lets us in.
#include "db/connection.hpp"
#include "db/libpq.hpp"
#include "db/resolve.hpp"

#include <libpq-fe.h>

#include <string_view>
#include <utility>
#include <vector>

namespace mita::db {

namespace {

// Of libpq's text the last line that says something, without the address prefix: it ends in a log.
std::string reason_of(const PGconn* link) {
    std::string_view text = PQerrorMessage(link);
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
    const auto line = text.rfind('\n');
    if (line != std::string_view::npos) text.remove_prefix(line + 1);
    return text.empty() ? "cannot connect to the database" : std::string(text);
}

}  // namespace

awaitable<std::shared_ptr<connection>> connection::open(executor ex, const connection_options& options, deadline d,
                                                        logger& log) {
    auto self = std::make_shared<connection>(ex, options, log);
    steady_timer limit(ex, d.time());
    limit.async_wait([self](error_code ec) {
        if (ec || self->opened_at_ != clock::time_point{}) return;
        self->connect_expired_ = true;
        if (self->socket_.is_open()) self->socket_.cancel(ec);
    });
    co_await self->log_in(d);
    self->opened_at_ = clock::now();
    self->last_ok_ = self->opened_at_;
    limit.cancel();
    self->arm_read();
    co_return self;
}

awaitable<void> connection::log_in(deadline d) {
    auto endpoints = endpoints_of(options_.info);
    const auto addresses = co_await resolve(ex_, std::move(endpoints), d);
    begin_login(addresses);
    auto next = PGRES_POLLING_WRITING;  // what PQconnectStart wants first
    while (next != PGRES_POLLING_OK) {
        if (next == PGRES_POLLING_FAILED) throw error("08001", "", reason_of(link_));
        if (connect_expired_) throw error("08001", "", "connecting to the database took too long");
        adopt_socket();
        error_code ec;
        const auto direction = next == PGRES_POLLING_READING ? socket_.wait_read : socket_.wait_write;
        co_await socket_.async_wait(direction, to(ec));
        if (!connect_expired_) next = PQconnectPoll(link_);
    }
    adopt_socket();
    tls_ = PQsslInUse(link_) != 0;
    tcp_ = hold_back(false);
    if (PQsetnonblocking(link_, 1) != 0 || PQenterPipelineMode(link_) != 1) throw error("08001", "", reason_of(link_));
}

void connection::begin_login(const std::vector<endpoint>& endpoints) {
    auto info = options_.info;
    if (!endpoints.empty()) set_endpoints(info, endpoints);
    std::vector<const char*> keywords, values;
    for (const auto& [k, v] : info.all()) {
        keywords.push_back(k.c_str());
        values.push_back(v.c_str());
    }
    keywords.push_back(nullptr);
    values.push_back(nullptr);
    link_ = PQconnectStartParams(keywords.data(), values.data(), 0);
    if (!link_) throw std::bad_alloc();
    PQsetNoticeReceiver(link_, &connection::on_notice, this);
    if (PQstatus(link_) == CONNECTION_BAD) throw error("08001", "", reason_of(link_));
}

// After every poll: libpq opens new sockets on TLS, GSS and several hosts, and a new one may reuse the number of the
// old, so comparing numbers is not enough.
void connection::adopt_socket() {
    if (socket_.is_open()) socket_.release();
    socket_.assign(PQsocket(link_));
}

}  // namespace mita::db

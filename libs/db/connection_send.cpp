// The sending half of db::connection: what goes under which Sync, and when it leaves.
#include "db/connection.hpp"

#include <boost/asio/post.hpp>
#include <boost/container/small_vector.hpp>

#include <libpq-fe.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

namespace mita::db {

namespace {

constexpr std::size_t most_sharing = 32;

bool may_share(const call& c) {
    return !c.alone && std::ranges::all_of(c.items, [](const auto& item) { return item.what->with == sync::shared; });
}

}  // namespace

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
        fail_calls();
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

// A neighbour's failure took this read with it: it goes once more, by itself.
void connection::again(const std::shared_ptr<call>& c) {
    c->results.clear();
    c->alone = true;
    submit(c);
}

}  // namespace mita::db

#include "gateway/upstream/relayed_stream.hpp"

#include "core/error.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace mita::gateway {

namespace {

constexpr std::string_view farewell = "event: end\nretry: 1000\ndata: {\"reason\":\"restart\"}\n\n";

}  // namespace

stream_place::stream_place(std::atomic<std::size_t>& taken, std::size_t most) : taken_(taken) {
    if (taken_.fetch_add(1) < most) return;
    --taken_;
    throw overloaded("too many streams are open", 5);
}

relayed_stream::relayed_stream(const http::request& req, std::unique_ptr<http::client_stream> stream, instance_ptr from,
                               std::unique_ptr<stream_place> place, std::chrono::milliseconds silence)
    : from_(std::move(from)),
      place_(std::move(place)),
      stream_(std::move(stream)),
      silence_(silence),
      left_(req, [this] { stream_->half_close(); }) {}  // the service sees whether anybody reads

awaitable<std::string_view> relayed_stream::next(deadline) {
    if (over_) co_return std::string_view();
    if (leaving_) co_return leave();
    std::string_view piece;
    std::exception_ptr fault;
    try {
        piece = co_await stream_->next(deadline::after(silence_));
    } catch (...) {
        fault = std::current_exception();
    }
    if (fault && leaving_) co_return leave();
    if (fault) std::rethrow_exception(fault);
    over_ = piece.empty();
    note_end(piece);
    co_return piece;
}

void relayed_stream::wind_up() {
    leaving_ = true;
    stream_->close();
}

void relayed_stream::note_end(std::string_view piece) {
    tail_.append(piece.substr(piece.size() - std::min<std::size_t>(piece.size(), 2)));
    tail_.erase(0, tail_.size() - 2);
}

std::string_view relayed_stream::leave() {
    over_ = true;
    if (tail_ != "\n\n") throw http::upstream_error("the gateway stops within an event", false);
    return farewell;
}

}  // namespace mita::gateway

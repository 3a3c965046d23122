// A stream of events (text/event-stream) on its way from a service to a client: each piece as it comes. What breaks off
// breaks off for the client too; a gateway that stops says when to come back. Made by the proxy.
#pragma once

#include "gateway/upstream/upstream.hpp"
#include "http/client_stream.hpp"
#include "http/live_source.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace mita::gateway {

// One of so many, while it lives; shared by all workers.
class stream_place {
public:
    // Throws overloaded.
    stream_place(std::atomic<std::size_t>& taken, std::size_t most);
    ~stream_place() { --taken_; }
    stream_place(const stream_place&) = delete;
    stream_place& operator=(const stream_place&) = delete;

private:
    std::atomic<std::size_t>& taken_;
};

class relayed_stream final : public http::live_source {
public:
    // from: whose stream it is. silence: longer than any between two heartbeats.
    relayed_stream(const http::request& req, std::unique_ptr<http::client_stream> stream, instance_ptr from,
                   std::unique_ptr<stream_place> place, std::chrono::milliseconds silence);
    awaitable<std::string_view> next(deadline) override;
    void wind_up() override;

private:
    void note_end(std::string_view piece);
    std::string_view leave();

    const instance_ptr from_;
    const std::unique_ptr<stream_place> place_;
    const std::unique_ptr<http::client_stream> stream_;
    const std::chrono::milliseconds silence_;
    std::string tail_ = "\n\n";  // the last two bytes that went to the client: between two events?
    bool leaving_ = false, over_ = false;
    http::gone_watch left_;
};

}  // namespace mita::gateway

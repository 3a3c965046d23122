#include "http/client_address.hpp"

#include "core/waiter.hpp"

#include <memory>
#include <utility>

namespace mita::http {

client_address::client_address(executor ex, std::string host, std::uint16_t port)
    : resolver_(ex), host_(std::move(host)), port_(port) {
    error_code ec;
    const auto address = asio::ip::make_address(host_, ec);
    numeric_ = !ec;
    if (numeric_) endpoints_.emplace_back(address, port_);
}

// getaddrinfo runs on the resolver's own thread; the wait for it ends by deadline.
awaitable<void> client_address::resolve(deadline d) {
    struct flight {
        explicit flight(executor e) : done(e) {}
        waiter done;
        std::vector<tcp::endpoint> found;
    };
    const auto f = std::make_shared<flight>(resolver_.get_executor());
    const auto on_done = [f](const error_code& ec, const tcp::resolver::results_type& results) {
        if (!ec)
            for (const auto& entry : results) f->found.push_back(entry.endpoint());
        f->done.notify();
    };
    resolver_.async_resolve(host_, std::to_string(port_), on_done);
    const bool ready = co_await f->done.wait(d);
    if (ready && !f->found.empty()) endpoints_ = f->found;
}

}  // namespace mita::http

#include "http/client_address.hpp"

#include "core/waiter.hpp"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

namespace mita::http {

std::string text_of(const tcp::endpoint& e) {
    const auto address = e.address().to_string();
    return (e.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(e.port());
}

client_address::client_address(executor ex, const std::string& host, std::uint16_t port) : resolver_(ex) {
    const bool several = host.find(',') != std::string::npos;
    std::string_view rest(host);
    do {
        const std::size_t comma = std::min(rest.find(','), rest.size());
        std::string_view item = rest.substr(0, comma);
        rest.remove_prefix(std::min(comma + 1, rest.size()));
        place p;
        p.port = std::to_string(port);
        if (several || port == 0) {
            const std::size_t colon = item.rfind(':');
            p.port = item.substr(std::min(colon, item.size() - 1) + 1);
            item = item.substr(0, colon);
        }
        if (authority_.empty()) authority_ = std::string(item) + ":" + p.port;
        if (item.starts_with('[')) item = item.substr(1, item.size() - 2);
        p.host = item;
        error_code ec;
        const auto address = asio::ip::make_address(p.host, ec);
        if (ec)
            numeric_ = false;
        else
            p.found.emplace_back(address, static_cast<std::uint16_t>(std::stoul(p.port)));
        places_.push_back(std::move(p));
    } while (!rest.empty());
    gather();
}

awaitable<void> client_address::resolve(deadline d) {
    for (place& p : places_) {
        error_code ec;
        asio::ip::make_address(p.host, ec);
        if (ec) {
            co_await resolve_one(p, d);
        }
    }
    gather();
}

// getaddrinfo runs on the resolver's own thread; the wait for it ends by deadline.
awaitable<void> client_address::resolve_one(place& p, deadline d) {
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
    resolver_.async_resolve(p.host, p.port, on_done);
    const bool ready = co_await f->done.wait(d);
    if (ready && !f->found.empty()) p.found = f->found;
}

void client_address::gather() {
    endpoints_.clear();
    for (const place& p : places_) endpoints_.insert(endpoints_.end(), p.found.begin(), p.found.end());
}

}  // namespace mita::http

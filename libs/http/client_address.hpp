// Where a client's upstream is: its hosts' addresses, asked for once and kept until a connect fails. Used by
// client_pool and by who follows the addresses of a name (the gateway), on its worker.
#pragma once

#include "core/async.hpp"
#include "core/deadline.hpp"

#include <string>
#include <vector>

namespace mita::http {

std::string text_of(const tcp::endpoint& e);  // "host:port", "[::1]:2"

class client_address {
public:
    // host: a name or an address; or several, each with its port, separated by commas: "a:1,[::1]:2".
    client_address(executor ex, const std::string& host, std::uint16_t port);
    const std::string& authority() const { return authority_; }  // of the first, for Host

    bool numeric() const { return numeric_; }                                   // known from the start, for ever
    const std::vector<tcp::endpoint>& endpoints() const { return endpoints_; }  // empty: not resolved yet
    // Asks again. What is known stays when there is no answer by the deadline, or none that helps.
    awaitable<void> resolve(deadline d);
    void cancel() { resolver_.cancel(); }

private:
    asio::ip::basic_resolver<tcp, executor> resolver_;
    struct place {
        std::string host, port;
        std::vector<tcp::endpoint> found;
    };
    awaitable<void> resolve_one(place& p, deadline d);
    void gather();
    std::vector<place> places_;
    std::string authority_;
    bool numeric_ = true;
    std::vector<tcp::endpoint> endpoints_;
};

}  // namespace mita::http

// Where a client's upstream is: its host's addresses, asked for once and kept until a connect fails. Internal to
// libs/http: client_pool uses it, on its worker.
#pragma once

#include "core/async.hpp"
#include "core/deadline.hpp"

#include <string>
#include <vector>

namespace mita::http {

class client_address {
public:
    client_address(executor ex, std::string host, std::uint16_t port);

    bool numeric() const { return numeric_; }                                   // known from the start, for ever
    const std::vector<tcp::endpoint>& endpoints() const { return endpoints_; }  // empty: not resolved yet
    // Asks again. What is known stays when there is no answer by the deadline, or none that helps.
    awaitable<void> resolve(deadline d);
    void cancel() { resolver_.cancel(); }

private:
    asio::ip::basic_resolver<tcp, executor> resolver_;
    std::string host_;
    std::uint16_t port_;
    bool numeric_ = false;
    std::vector<tcp::endpoint> endpoints_;
};

}  // namespace mita::http

// Addresses and networks as people write them: "10.0.0.0/8", "::1/128", or one address. Used by config, which refuses a
// wrong one at start, and by http::trusted_peers. Pure; no allocation.
#pragma once

#include <boost/asio/ip/address.hpp>

#include <optional>
#include <string_view>

namespace mita {

// IPv4 or IPv6, in numbers.
std::optional<boost::asio::ip::address> parse_address(std::string_view text);

// IPv4 counts as IPv4-mapped IPv6, so that there is one comparison.
class network {
public:
    // nullopt: neither ADDRESS/BITS nor an address.
    static std::optional<network> parse(std::string_view text);
    bool contains(const boost::asio::ip::address& a) const;

private:
    boost::asio::ip::address_v6::bytes_type prefix_{};
    unsigned bits_ = 0;
};

}  // namespace mita

// Which peers may set forwarding headers, and the client's address they lead to (L5). Used by the server; pure.
#pragma once

#include "core/network.hpp"
#include "http/message.hpp"

#include <boost/asio/ip/address.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace mita::http {

class trusted_peers {
public:
    // As network::parse takes them. Throws std::invalid_argument on anything else.
    explicit trusted_peers(const std::vector<std::string>& networks);
    bool contains(const boost::asio::ip::address& a) const;  // IPv4-mapped IPv6 counts as IPv4

    // The nearest hop of X-Forwarded-For that is not trusted, read from the right over all its lines; the farthest when
    // all are; a port beside an address is left out. Where it is missing, Forwarded (RFC 7239) likewise: a proxy that
    // writes only that one must drop the other. Stops at the first entry that is no address. Empty when there is none.
    // A view into `headers`.
    std::string_view client_of(const header_list& headers) const;

private:
    using node_of = std::string_view (*)(std::string_view entry);
    std::string_view nearest(const header_list& headers, std::string_view name, node_of node) const;
    std::vector<network> networks_;
};

}  // namespace mita::http

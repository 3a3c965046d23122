#include "http/trusted_peers.hpp"

#include "http/grammar.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace mita::http {

namespace ip = boost::asio::ip;

namespace {

bool is_port(std::string_view text) {
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    return !text.empty() && text.size() <= 5 && std::all_of(text.begin(), text.end(), digit);
}

struct hop {
    ip::address address;
    std::string_view text;  // of the address alone; of an IPv4-mapped one its IPv4 part
};

// A node as proxies write it: an address, "192.0.2.7:51312", "[2001:db8::1]", "[2001:db8::1]:443".
std::optional<hop> read_node(std::string_view node) {
    const bool bracketed = node.starts_with('[');
    const std::size_t end = bracketed ? node.find(']') : node.find(':');
    std::string_view port;
    if (bracketed) {
        if (end == std::string_view::npos) return std::nullopt;
        port = node.substr(end + 1);
        node = node.substr(1, end - 1);
    } else if (end != std::string_view::npos && node.find(':', end + 1) == std::string_view::npos) {
        port = node.substr(end);
        node = node.substr(0, end);
    }
    if (!port.empty() && !(port.front() == ':' && is_port(port.substr(1)))) return std::nullopt;
    const std::optional<ip::address> address = parse_address(node);
    if (!address || (bracketed && !address->is_v6())) return std::nullopt;
    const bool mapped = address->is_v6() && address->to_v6().is_v4_mapped();
    if (mapped && node.find('.') != std::string_view::npos) node.remove_prefix(node.rfind(':') + 1);
    return hop{*address, node};
}

// The node of `for=` in an element of Forwarded (RFC 7239, 4), without quotes; empty when there is none.
std::string_view for_of(std::string_view element) {
    while (!element.empty()) {
        const std::size_t semicolon = element.find(';');
        const std::string_view pair = grammar::trim(element.substr(0, semicolon));
        element = semicolon == std::string_view::npos ? std::string_view() : element.substr(semicolon + 1);
        if (pair.size() < 4 || !iequals(pair.substr(0, 4), "for=")) continue;
        std::string_view node = pair.substr(4);
        if (node.size() >= 2 && node.front() == '"' && node.back() == '"') node = node.substr(1, node.size() - 2);
        return node;
    }
    return {};
}

}  // namespace

trusted_peers::trusted_peers(const std::vector<std::string>& networks) {
    for (const std::string& text : networks) {
        const auto n = network::parse(text);
        if (!n) throw std::invalid_argument("not a network: " + text);
        networks_.push_back(*n);
    }
}

bool trusted_peers::contains(const ip::address& a) const {
    return std::any_of(networks_.begin(), networks_.end(), [&a](const network& n) { return n.contains(a); });
}

std::string_view trusted_peers::nearest(const header_list& headers, std::string_view name, node_of node) const {
    std::string_view farthest;
    std::optional<hop> at;
    for (const header* h = headers.end(); h != headers.begin();) {
        --h;
        if (h->name.size() != name.size() || !iequals(h->name, name)) continue;
        std::string_view list = h->value;
        for (;;) {
            const std::size_t comma = list.rfind(',');
            const std::string_view entry =
                grammar::trim(comma == std::string_view::npos ? list : list.substr(comma + 1));
            if (at && !contains(at->address)) return farthest;
            at = read_node(node(entry));
            if (!at) return farthest;
            farthest = at->text;
            if (comma == std::string_view::npos) break;
            list = list.substr(0, comma);
        }
    }
    return farthest;
}

std::string_view trusted_peers::client_of(const header_list& headers) const {
    const auto plain = [](std::string_view entry) { return entry; };
    if (headers.find("X-Forwarded-For") != nullptr) return nearest(headers, "X-Forwarded-For", plain);
    return nearest(headers, "Forwarded", for_of);
}

}  // namespace mita::http

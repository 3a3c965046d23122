#include "http/trusted_peers.hpp"

#include "http/grammar.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>

#include <charconv>
#include <optional>
#include <stdexcept>

namespace mita::http {

namespace {

namespace ip = boost::asio::ip;
using bytes = ip::address_v6::bytes_type;

// IPv4 as IPv4-mapped, so that there is one comparison.
bytes as_v6(const ip::address& a) {
    return a.is_v4() ? ip::make_address_v6(ip::v4_mapped, a.to_v4()).to_bytes() : a.to_v6().to_bytes();
}

// Without allocation: the standard parsers want a NUL.
std::optional<ip::address> parse_address(std::string_view s) {
    std::array<char, 46> text;
    if (s.empty() || s.size() >= text.size()) return std::nullopt;
    text[s.copy(text.data(), s.size())] = '\0';
    error_code ec;
    const ip::address a = ip::make_address(text.data(), ec);
    if (ec) return std::nullopt;
    return a;
}

}  // namespace

trusted_peers::trusted_peers(const std::vector<std::string>& networks) {
    for (const std::string& text : networks) {
        const std::size_t slash = text.find('/');
        const std::optional<ip::address> address = parse_address(std::string_view(text).substr(0, slash));
        if (!address) throw std::invalid_argument("not a network: " + text);
        const unsigned most = address->is_v4() ? 32 : 128;
        unsigned bits = most;
        if (slash != std::string::npos) {
            const char* const end = text.data() + text.size();
            const auto [at, ec] = std::from_chars(text.data() + slash + 1, end, bits);
            if (ec != std::errc() || at != end || bits > most) throw std::invalid_argument("not a network: " + text);
        }
        network n;
        n.prefix = as_v6(*address);
        n.bits = bits + (128 - most);
        networks_.push_back(n);
    }
}

bool trusted_peers::contains(const ip::address& a) const {
    const bytes b = as_v6(a);
    for (const network& n : networks_) {
        bool same = true;
        for (unsigned i = 0; i < 16 && i * 8 < n.bits && same; ++i) {
            const unsigned left = n.bits - i * 8;
            const unsigned mask = left >= 8 ? 0xffu : (0xff00u >> left) & 0xffu;
            same = ((b[i] ^ n.prefix[i]) & mask) == 0;
        }
        if (same) return true;
    }
    return false;
}

std::string_view trusted_peers::client_of(const header_list& headers) const {
    std::string_view farthest;
    for (const header* h = headers.end(); h != headers.begin();) {
        --h;
        if (!iequals(h->name, "X-Forwarded-For")) continue;
        std::string_view list = h->value;
        for (;;) {
            const std::size_t comma = list.rfind(',');
            const std::string_view entry =
                grammar::trim(comma == std::string_view::npos ? list : list.substr(comma + 1));
            const std::optional<ip::address> address = parse_address(entry);
            if (!address) return farthest;
            const bool mapped = address->is_v6() && address->to_v6().is_v4_mapped();
            farthest = mapped && entry.find('.') != std::string_view::npos ? entry.substr(entry.rfind(':') + 1) : entry;
            if (!contains(*address)) return farthest;
            if (comma == std::string_view::npos) break;
            list = list.substr(0, comma);
        }
    }
    return farthest;
}

}  // namespace mita::http

#include "core/network.hpp"

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>

#include <array>
#include <charconv>

namespace mita {

namespace {

namespace ip = boost::asio::ip;

ip::address_v6::bytes_type as_v6(const ip::address& a) {
    return a.is_v4() ? ip::make_address_v6(ip::v4_mapped, a.to_v4()).to_bytes() : a.to_v6().to_bytes();
}

}  // namespace

// The standard parsers want a NUL.
std::optional<ip::address> parse_address(std::string_view text) {
    std::array<char, 46> buffer;
    if (text.empty() || text.size() >= buffer.size()) return std::nullopt;
    buffer[text.copy(buffer.data(), text.size())] = '\0';
    boost::system::error_code ec;
    if (text.find(':') == std::string_view::npos) {
        const ip::address a = ip::make_address_v4(buffer.data(), ec);
        return ec ? std::nullopt : std::optional(a);
    }
    const ip::address a = ip::make_address_v6(buffer.data(), ec);
    return ec ? std::nullopt : std::optional(a);
}

std::optional<network> network::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto address = parse_address(text.substr(0, slash));
    if (!address) return std::nullopt;
    const unsigned most = address->is_v4() ? 32 : 128;
    unsigned bits = most;
    if (slash != std::string_view::npos) {
        const char* const end = text.data() + text.size();
        const auto [at, ec] = std::from_chars(text.data() + slash + 1, end, bits);
        if (ec != std::errc() || at != end || bits > most) return std::nullopt;
    }
    network out;
    out.prefix_ = as_v6(*address);
    out.bits_ = bits + (128 - most);
    return out;
}

bool network::contains(const ip::address& a) const {
    const auto b = as_v6(a);
    for (unsigned i = 0; i < 16 && i * 8 < bits_; ++i) {
        const unsigned left = bits_ - i * 8;
        const unsigned mask = left >= 8 ? 0xffu : (0xff00u >> left) & 0xffu;
        if (((b[i] ^ prefix_[i]) & mask) != 0) return false;
    }
    return true;
}

}  // namespace mita

#include "http/trusted_peers.hpp"

#include "http/grammar.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace mita::http {

namespace ip = boost::asio::ip;

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

// config's readers of places on the network: whom to ask, where to listen, whom to believe.
#include "core/config.hpp"
#include "core/http_endpoints.hpp"
#include "core/network.hpp"

#include <algorithm>
#include <charconv>

namespace mita {

namespace {

bool is_host_or_scheme(std::string_view host) {
    return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
               c == '_';
    });
}

bool is_host(std::string_view host) {
    if (!host.starts_with('[')) return is_host_or_scheme(host);
    return host.ends_with(']') && parse_address(host.substr(1, host.size() - 2));
}

// "host:port" or "host" (port 0).
std::optional<config::endpoint> parse_host_port(std::string_view text) {
    const auto colon = text.rfind(':');
    const bool has_port = colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos;
    config::endpoint out;
    out.host = text.substr(0, has_port ? colon : text.size());
    if (!is_host(out.host)) return std::nullopt;
    if (!has_port) return out;
    const auto* end = text.data() + text.size();
    const auto [at, ec] = std::from_chars(text.data() + colon + 1, end, out.port);
    if (ec != std::errc() || at != end || out.port == 0) return std::nullopt;
    return out;
}

std::optional<config::endpoint> parse_http(std::string_view url) {
    constexpr std::string_view scheme = "http://";
    if (!url.starts_with(scheme)) return std::nullopt;
    url.remove_prefix(scheme.size());
    if (url.ends_with('/')) url.remove_suffix(1);
    auto out = parse_host_port(url);
    if (out && out->port == 0) out.reset();
    return out;
}

// What a browser sends as Origin: a scheme (an app's own as well), a host, perhaps a port.
bool is_origin(std::string_view text) {
    const auto scheme = text.find("://");
    if (scheme == std::string_view::npos || !is_host_or_scheme(text.substr(0, scheme))) return false;
    return parse_host_port(text.substr(scheme + 3)).has_value();
}

}  // namespace

config::endpoint config::http_endpoint(std::string name, std::string fallback) {
    const auto url = text(name, std::move(fallback));
    if (const auto out = parse_http(url)) return *out;
    problem(name + ": must be http://host:port, is " + shown(url));
    return {};
}

std::string joined(const std::vector<config::endpoint>& all) {
    std::string out;
    for (const auto& e : all) out += (out.empty() ? "" : ",") + e.host + ":" + std::to_string(e.port);
    return out;
}

std::vector<config::endpoint> http_endpoints(config& from, std::string name, std::string fallback) {
    const auto accepted = [](std::string_view item) { return parse_http(item).has_value(); };
    std::vector<config::endpoint> out;
    for (const auto& url :
         from.list(name, std::move(fallback), accepted, "http://host:port (several separated by commas)"))
        out.push_back(*parse_http(url));
    return out;
}

std::string config::address(std::string name, std::string fallback) {
    auto value = text(name, std::move(fallback));
    if (!parse_address(value))
        problem(name + ": must be an IP address (127.0.0.1 for this machine only, 0.0.0.0 or :: for all), is " +
                shown(value));
    return value;
}

std::vector<std::string> config::networks(std::string name, std::string fallback) {
    const auto accepted = [](std::string_view item) { return network::parse(item).has_value(); };
    return list(std::move(name), std::move(fallback), accepted,
                "addresses or networks separated by commas (as 10.0.0.0/8,::1)");
}

std::vector<std::string> config::origins(std::string name, std::string fallback) {
    return list(std::move(name), std::move(fallback), &is_origin,
                "origins separated by commas (as https://app.example), without a path");
}

}  // namespace mita

#include "auth/passkeys/settings.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace mita::auth {

namespace {

std::string_view host_of(std::string_view origin) {
    const auto scheme = origin.find("://");
    const auto host = scheme == std::string_view::npos ? origin : origin.substr(scheme + 3);
    return host.substr(0, host.find(':'));
}

bool is_domain(std::string_view s) {
    return !s.empty() && s.size() <= 253 && s.front() != '.' && s.back() != '.' &&
           std::all_of(s.begin(), s.end(),
                       [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; });
}

// The origin of a web address as browsers spell it; empty for what has none that passkeys could be bound to.
std::string origin_of(std::string_view url) {
    for (const auto& [scheme, usual_port] : {std::pair("https://", ":443"), std::pair("http://", ":80")}) {
        if (!url.starts_with(scheme)) continue;
        std::string out(url.substr(0, url.find('/', std::string_view(scheme).size())));
        for (char& c : out)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (out.ends_with(usual_port)) out.resize(out.size() - std::string_view(usual_port).size());
        return is_domain(host_of(out)) ? out : "";
    }
    return "";
}

// A page may use what is bound to its own host, or to a domain that it is in.
bool within(std::string_view host, std::string_view domain) {
    return host == domain ||
           (host.size() > domain.size() && host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.');
}

}  // namespace

relying_party passkey_party(config& from, const std::string& public_url) {
    relying_party out;
    out.origins = from.origins("MITA_PASSKEY_ORIGINS", origin_of(public_url));
    const auto usual = out.origins.empty() ? std::string() : std::string(host_of(out.origins.front()));
    out.id = from.text("MITA_PASSKEY_DOMAIN", usual);
    if (out.id.empty()) return out;
    if (!is_domain(out.id))
        from.problem("MITA_PASSKEY_DOMAIN: must be a domain in lower case, is " + config::shown(out.id));
    else if (out.origins.empty())
        from.problem("MITA_PASSKEY_DOMAIN: must not be set without MITA_PASSKEY_ORIGINS");
    for (const auto& one : out.origins)
        if (is_domain(out.id) && !within(host_of(one), out.id))
            from.problem("MITA_PASSKEY_ORIGINS: must be within MITA_PASSKEY_DOMAIN (" + out.id + "), is " +
                         config::shown(one));
    return out;
}

}  // namespace mita::auth

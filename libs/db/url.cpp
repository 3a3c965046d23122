#include "db/url.hpp"

#include <boost/asio/ip/address.hpp>

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <stdexcept>

namespace mita::db {

namespace {

using options_ptr = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> out;
    std::size_t from = 0;
    for (;;) {
        const auto comma = list.find(',', from);
        out.push_back(list.substr(from, comma - from));
        if (comma == std::string::npos) return out;
        from = comma + 1;
    }
}

// What libpq takes from PGHOST and its like when the URL does not say.
std::string default_of(std::string_view keyword) {
    const options_ptr defaults(PQconndefaults(), &PQconninfoFree);
    for (const auto* o = defaults.get(); o && o->keyword; ++o)
        if (keyword == o->keyword && o->val) return o->val;
    return {};
}

bool is_numeric(const std::string& host) {
    boost::system::error_code ec;
    boost::asio::ip::make_address(host, ec);
    return !ec;
}

// A value inside `options`: backslash protects spaces and itself.
void append_setting(std::string& options, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    if (!options.empty()) options += ' ';
    options += "-c ";
    options += name;
    options += '=';
    for (const char c : value) {
        if (c == ' ' || c == '\\' || c == '\t' || c == '\n') options += '\\';
        options += c;
    }
}

std::string milliseconds_text(std::chrono::milliseconds v) { return v.count() > 0 ? std::to_string(v.count()) : ""; }

bool is_port(const std::string& text) {
    std::uint16_t port = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), port);
    return text.empty() || (ec == std::errc() && end == text.data() + text.size() && port > 0);
}

// What libpq would refuse only when it connects.
std::string fault_of(const secret& url) {
    try {
        const conninfo info(url);
        const auto ports = split(info.value("port"));
        if (!std::all_of(ports.begin(), ports.end(), is_port)) return "its port is not a number from 1 to 65535";
        const auto ssl = info.value("sslmode");
        constexpr std::array<std::string_view, 7> modes = {"",        "disable",   "allow",      "prefer",
                                                           "require", "verify-ca", "verify-full"};
        if (std::find(modes.begin(), modes.end(), ssl) == modes.end()) return "its sslmode is none of PostgreSQL's";
        return {};
    } catch (const std::invalid_argument&) {
        return "it cannot be read as such";
    }
}

}  // namespace

secret url_setting(config& from, const std::string& name, bool required) {
    auto url = from.secret_text(name, required);
    if (url.empty()) return url;
    const auto fault = fault_of(url);
    if (!fault.empty())
        from.problem(name +
                     ": must be a PostgreSQL URL (postgresql://user:password@host:port/database, with :/@?#% inside "
                     "user and password percent-encoded): " +
                     fault);
    return url;
}

conninfo::conninfo(const secret& url) {
    char* message = nullptr;
    const options_ptr options(PQconninfoParse(std::string(url.view()).c_str(), &message), &PQconninfoFree);
    if (message) PQfreemem(message);  // it may quote the password
    if (!options) throw std::invalid_argument("the database URL is malformed");
    for (const auto* o = options.get(); o->keyword; ++o)
        if (o->val && *o->val) pairs_.emplace_back(o->keyword, o->val);
}

std::string conninfo::value(std::string_view keyword) const {
    for (const auto& [k, v] : pairs_)
        if (k == keyword) return v;
    return {};
}

void conninfo::set(std::string_view keyword, std::string value) {
    for (auto& [k, v] : pairs_) {
        if (k == keyword) {
            v = std::move(value);
            return;
        }
    }
    pairs_.emplace_back(keyword, std::move(value));
}

void conninfo::set_default(std::string_view keyword, std::string value) {
    if (this->value(keyword).empty()) set(keyword, std::move(value));
}

credentials credentials_of(const secret& url) {
    const conninfo info(url);
    credentials out;
    out.user = info.value("user");
    out.password = secret(info.value("password"));
    return out;
}

conninfo startup_of(const secret& url, const session_settings& settings) {
    conninfo info(url);
    std::string options;
    append_setting(options, "search_path", settings.search_path);
    append_setting(options, "jit", "off");  // statements of milliseconds: compiling them costs more than they do
    append_setting(options, "statement_timeout", milliseconds_text(settings.statement_timeout));
    append_setting(options, "idle_in_transaction_session_timeout",
                   milliseconds_text(settings.idle_in_transaction_timeout));
    if (settings.generic_plans) append_setting(options, "plan_cache_mode", "force_generic_plan");
    const auto own = info.value("options");
    if (!own.empty()) options += (options.empty() ? "" : " ") + own;  // later ones win
    if (!options.empty()) info.set("options", options);
    if (!settings.application_name.empty()) info.set_default("application_name", settings.application_name);
    info.set("client_encoding", "UTF8");
    info.set_default("gssencmode", "disable");
    info.set_default("keepalives", "1");
    info.set_default("keepalives_idle", "10");
    info.set_default("keepalives_interval", "3");
    info.set_default("keepalives_count", "3");
    info.set_default("tcp_user_timeout", "10000");
    return info;
}

std::vector<endpoint> endpoints_of(const conninfo& info) {
    const auto addresses = info.value("hostaddr");
    auto host = info.value("host");
    if (host.empty() && addresses.empty()) host = default_of("host");
    if (host.empty() && addresses.empty()) return {};  // libpq's own default: the local socket
    const auto hosts = split(host);
    const auto hostaddrs = split(addresses);
    const auto ports = split(info.value("port"));
    std::vector<endpoint> out;
    for (std::size_t i = 0; i < std::max(hosts.size(), hostaddrs.size()); ++i) {
        endpoint e;
        if (i < hosts.size()) e.host = hosts[i];
        if (i < hostaddrs.size()) e.hostaddr = hostaddrs[i];
        e.port = ports.size() == 1 ? ports.front() : (i < ports.size() ? ports[i] : "");
        const bool socket = e.host.empty() || e.host.front() == '/' || e.host.front() == '@';
        e.needs_dns = e.hostaddr.empty() && !socket && !is_numeric(e.host);
        out.push_back(std::move(e));
    }
    return out;
}

void set_endpoints(conninfo& info, const std::vector<endpoint>& endpoints) {
    std::string hosts, hostaddrs, ports;
    bool any_address = false;
    bool any_port = false;
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
        const char* comma = i > 0 ? "," : "";
        hosts += comma + endpoints[i].host;
        hostaddrs += comma + endpoints[i].hostaddr;
        ports += comma + endpoints[i].port;
        any_address = any_address || !endpoints[i].hostaddr.empty();
        any_port = any_port || !endpoints[i].port.empty();
    }
    info.set("host", hosts);
    if (any_address) info.set("hostaddr", hostaddrs);
    if (any_port) info.set("port", ports);
}

}  // namespace mita::db

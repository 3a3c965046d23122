#include "gateway/settings.hpp"

#include "core/http_endpoints.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <fstream>
#include <string_view>

namespace mita::gateway {

namespace {

constexpr std::int64_t year = 31'536'000;
constexpr std::int64_t most_token_cache = 32 << 20;  // some 30,000 people at once; more by MITA_CACHE_BYTES

// The world's door: PORT is the platform's word for it, and proxies in front are believed only when named (L5).
door_settings doors_of(config& from) {
    const auto port = from.integer("PORT", 8080, 0, 65535);
    return {.port_name = "MITA_GATEWAY_PORT",
            .port = port,
            .internal_port_name = "MITA_GATEWAY_INTERNAL_PORT",
            .internal_port = 8090,
            .listen_name = "MITA_GATEWAY_LISTEN",
            .listen = "0.0.0.0",
            .trusted_name = "MITA_TRUSTED_PROXIES",
            .trusted = "",
            .port_source = from.source_of("PORT")};
}

bool readable(config& from, const char* name, const std::string& path) {
    errno = 0;
    if (std::ifstream(path).is_open()) return true;
    from.problem(std::string(name) + ": must name a file that can be read, is " + config::shown(path) + ": " +
                 std::strerror(errno));
    return false;
}

}  // namespace

settings::settings(config& from) : common_settings(from, doors_of(from)) {
    cors_origins = from.origins("MITA_CORS_ORIGINS", "");

    auth = http_endpoints(from, "MITA_AUTH_URL", "http://127.0.0.1:8081");
    auth_internal = http_endpoints(from, "MITA_AUTH_INTERNAL_URL", "http://127.0.0.1:8091");
    finance = http_endpoints(from, "MITA_FINANCE_URL", "http://127.0.0.1:8082");
    finance_internal = http_endpoints(from, "MITA_FINANCE_INTERNAL_URL", "http://127.0.0.1:8092");
    ops_token = from.secret_text("MITA_OPS_TOKEN", false, 16);
    user = from.rate_limit("MITA_RATE_USER", "600;60");
    write = from.rate_limit("MITA_RATE_WRITE", "120;60");
    login = from.rate_limit("MITA_RATE_LOGIN", "10;60");
    registration = from.rate_limit("MITA_RATE_REGISTER", "30;3600");
    rate_table_bytes = static_cast<std::size_t>(
        from.integer("MITA_RATE_TABLE_BYTES", derived.rate_table_bytes, 1 << 16, 1LL << 32, where.memory_source));
    token_cache_bytes = static_cast<std::size_t>(from.integer(
        "MITA_CACHE_BYTES", std::min(derived.cache_bytes / 4, most_token_cache), 0, 1LL << 36, where.memory_source));
    slow = from.duration_ms("MITA_SLOW_MS", 1'000, 1, 600'000);
    read_tls(from);
    read_hsts(from);
    compress = from.flag("MITA_COMPRESS", true);
    audit_queue = static_cast<std::size_t>(from.integer("MITA_AUDIT_QUEUE", 10'000, 1, 1'000'000));
    streams = static_cast<std::size_t>(from.integer("MITA_STREAMS", 4'000, 1, 1'000'000));
    stream_silence = from.duration_ms("MITA_STREAM_SILENCE_MS", 60'000, 1'000, 600'000);
    keep_alive =
        from.duration_ms("MITA_KEEP_ALIVE_MS", derived.keep_alive_ms, 1'000, 3'600'000, derived.keep_alive_source);
    finish(from);
}

void settings::read_tls(config& from) {
    const std::string certificate = from.text("MITA_TLS_CERTIFICATE_FILE", ""),
                      key = from.text("MITA_TLS_KEY_FILE", "");
    tls_port = static_cast<std::uint16_t>(from.integer("MITA_TLS_PORT", 8443, 0, 65535));
    tls_redirect = from.flag("MITA_TLS_REDIRECT", false);
    if (!certificate.empty() && !key.empty()) {
        tls = {certificate, key};
        const bool shown = readable(from, "MITA_TLS_CERTIFICATE_FILE", certificate);
        if (!readable(from, "MITA_TLS_KEY_FILE", key) || !shown) return;
        try {
            const http::tls_identity good(*tls);
        } catch (const std::exception& e) {
            const std::string_view why = e.what();
            from.problem((why.starts_with(key) ? "MITA_TLS_KEY_FILE: " : "MITA_TLS_CERTIFICATE_FILE: ") +
                         std::string(why));
        }
    } else if (!certificate.empty())
        from.problem("MITA_TLS_KEY_FILE: is missing beside MITA_TLS_CERTIFICATE_FILE");
    else if (!key.empty())
        from.problem("MITA_TLS_CERTIFICATE_FILE: is missing beside MITA_TLS_KEY_FILE");
    else if (tls_redirect)
        from.problem("MITA_TLS_REDIRECT: is on without MITA_TLS_CERTIFICATE_FILE");
}

void settings::read_hsts(config& from) {
    constexpr std::int64_t off = -1, ten_years = 10 * year;
    const auto max_age = from.integer("MITA_HSTS_MAX_AGE_S", 2 * year, off, ten_years);
    const bool subdomains = from.flag("MITA_HSTS_SUBDOMAINS", true), preload = from.flag("MITA_HSTS_PRELOAD", false);
    edge_tls = from.flag("MITA_EDGE_TLS", true);
    if (preload && (!subdomains || max_age < year))
        from.problem("MITA_HSTS_PRELOAD: needs MITA_HSTS_SUBDOMAINS=on and a MITA_HSTS_MAX_AGE_S of a year (" +
                     std::to_string(year) + ") or more");
    if (max_age == off) return;
    hsts = "Strict-Transport-Security: max-age=" + std::to_string(max_age);
    if (subdomains) hsts += "; includeSubDomains";
    if (preload) hsts += "; preload";
    hsts += "\r\n";
}

live_settings::live_settings(const settings& s)
    : cors_origins(s.cors_origins),
      user("user", s.user),
      write("write", s.write),
      login("login", s.login),
      registration("register", s.registration),
      ops_token(s.ops_token.copy()),
      compress(s.compress),
      hsts_by_tls(s.hsts),
      hsts_plain(s.edge_tls ? s.hsts : std::string()) {}

std::vector<std::string_view> live_settings::names() {
    return {"MITA_LOG_LEVEL",      "MITA_SLOW_MS",         "MITA_CORS_ORIGINS", "MITA_RATE_USER", "MITA_RATE_WRITE",
            "MITA_RATE_LOGIN",     "MITA_RATE_REGISTER",   "MITA_OPS_TOKEN",    "MITA_COMPRESS",  "MITA_KEEP_ALIVE_MS",
            "MITA_HSTS_MAX_AGE_S", "MITA_HSTS_SUBDOMAINS", "MITA_HSTS_PRELOAD", "MITA_EDGE_TLS"};
}

}  // namespace mita::gateway

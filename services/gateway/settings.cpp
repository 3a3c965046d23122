#include "gateway/settings.hpp"

#include "core/clock.hpp"

#include <algorithm>
#include <charconv>

namespace mita::gateway {

namespace {

constexpr std::int64_t most_token_cache = 32 << 20;  // some 30,000 people at once; more by MITA_CACHE_BYTES

}  // namespace

endpoint parse_endpoint(config& from, const std::string& name, const std::string& fallback) {
    const auto url = from.text(name, fallback);
    constexpr std::string_view scheme = "http://";
    endpoint out;
    const auto rest =
        std::string_view(url).starts_with(scheme) ? std::string_view(url).substr(scheme.size()) : std::string_view();
    const auto colon = rest.rfind(':');
    if (colon != std::string_view::npos) {
        out.host = std::string(rest.substr(0, colon));
        const auto digits = rest.substr(colon + 1);
        const auto end = digits.data() + digits.size();
        const auto [at, ec] = std::from_chars(digits.data(), end, out.port);
        if (ec != std::errc() || at != end) out.port = 0;
    }
    if (out.host.empty() || out.port == 0) from.problem(name + ": expected http://host:port, got \"" + url + "\"");
    return out;
}

settings::settings(config& from) : where(platform::detect()), derived(platform::derive(where)) {
    const bool testing = from.one_of("MITA_ENV", "production", {"production", "development", "test"}) == "test";
    level = parse_log_level(from.one_of("MITA_LOG_LEVEL", "info", {"debug", "info", "warn", "error", "off"}),
                            log_level::info);
    log_requests = from.flag("MITA_LOG_REQUESTS", false);
    const auto concurrency = from.integer("WEB_CONCURRENCY", derived.workers, 1, 64, where.cpus_source);
    workers = static_cast<unsigned>(from.integer("MITA_WORKERS", concurrency, 1, 64, where.cpus_source));
    listen = from.text("MITA_GATEWAY_LISTEN", "0.0.0.0");
    internal_listen = from.text("MITA_INTERNAL_LISTEN", "127.0.0.1");
    const auto given = from.integer("PORT", 8080, 0, 65535);
    port = static_cast<std::uint16_t>(from.integer("MITA_GATEWAY_PORT", given, 0, 65535));
    internal_port = static_cast<std::uint16_t>(from.integer("MITA_GATEWAY_INTERNAL_PORT", 8090, 0, 65535));
    drain = from.duration_ms("MITA_DRAIN_MS", derived.drain_ms, 0, 600'000, "platform");
    request_timeout = from.duration_ms("MITA_REQUEST_TIMEOUT_MS", 5'000, 100, 60'000);
    trusted_proxies = from.list("MITA_TRUSTED_PROXIES", "");
    cors_origins = from.list("MITA_CORS_ORIGINS", "");

    auth = parse_endpoint(from, "MITA_AUTH_URL", "http://127.0.0.1:8081");
    auth_internal = parse_endpoint(from, "MITA_AUTH_INTERNAL_URL", "http://127.0.0.1:8091");
    finance = parse_endpoint(from, "MITA_FINANCE_URL", "http://127.0.0.1:8082");
    finance_internal = parse_endpoint(from, "MITA_FINANCE_INTERNAL_URL", "http://127.0.0.1:8092");
    issuer = from.text("MITA_ISSUER", "https://mita.local");
    audience = from.text("MITA_AUDIENCE", "mita-api");
    access_ttl_s = from.integer("MITA_ACCESS_TTL_S", 600, 5, 900);
    internal_token = from.secret_text("MITA_INTERNAL_TOKEN", true, 32);
    ops_token = from.secret_text("MITA_OPS_TOKEN", false, 16);
    user = from.rate_limit("MITA_RATE_USER", "600;60");
    write = from.rate_limit("MITA_RATE_WRITE", "120;60");
    login = from.rate_limit("MITA_RATE_LOGIN", "10;60");
    registration = from.rate_limit("MITA_RATE_REGISTER", "30;3600");
    rate_table_bytes = static_cast<std::size_t>(
        from.integer("MITA_RATE_TABLE_BYTES", derived.rate_table_bytes, 1 << 16, 1LL << 32, where.memory_source));
    token_cache_bytes = static_cast<std::size_t>(from.integer(
        "MITA_CACHE_BYTES", std::min(derived.cache_bytes / 4, most_token_cache), 0, 1LL << 36, where.memory_source));

    const auto start = from.text("MITA_CLOCK", "");
    const auto file = from.text("MITA_CLOCK_FILE", "");
    if ((!start.empty() || !file.empty()) && !testing)
        from.problem("MITA_CLOCK and MITA_CLOCK_FILE are for MITA_ENV=test only");
    from.finish();
    if (!start.empty()) wall::start_at(start);
    if (!file.empty()) wall::follow_file(file);
}

}  // namespace mita::gateway

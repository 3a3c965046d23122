#include "finance/settings.hpp"

#include "core/clock.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace mita::finance {

namespace {

void read_url(config& from, const std::string& name, const std::string& fallback, std::string& host,
              std::uint16_t& port) {
    const auto url = from.text(name, fallback);
    constexpr std::string_view scheme = "http://";
    auto rest =
        std::string_view(url).starts_with(scheme) ? std::string_view(url).substr(scheme.size()) : std::string_view();
    if (rest.ends_with('/')) rest.remove_suffix(1);
    const auto colon = rest.rfind(':');
    port = 0;
    if (colon != std::string_view::npos) {
        host = std::string(rest.substr(0, colon));
        const auto* end = rest.data() + rest.size();
        const auto [at, ec] = std::from_chars(rest.data() + colon + 1, end, port);
        if (ec != std::errc() || at != end) port = 0;
    }
    if (host.empty() || port == 0) from.problem(name + ": expected http://host:port, got \"" + url + "\"");
}

std::uint16_t port_of(config& from, const char* name, std::int64_t fallback) {
    return static_cast<std::uint16_t>(from.integer(name, fallback, 0, 65535));
}

}  // namespace

settings::settings(config& from)
    : where(platform::detect()),
      derived(platform::derive(where)),
      database(from, derived, "finance", "MITA_FINANCE_DATABASE_URL") {
    const bool testing = from.one_of("MITA_ENV", "production", {"production", "development", "test"}) == "test";
    level = parse_log_level(from.one_of("MITA_LOG_LEVEL", "info", {"debug", "info", "warn", "error", "off"}),
                            log_level::info);
    log_requests = from.flag("MITA_LOG_REQUESTS", false);
    const auto concurrency = from.integer("WEB_CONCURRENCY", derived.workers, 1, 64, where.cpus_source);
    workers = static_cast<unsigned>(from.integer("MITA_WORKERS", concurrency, 1, 64, where.cpus_source));
    listen = from.text("MITA_LISTEN", "127.0.0.1");
    internal_listen = from.text("MITA_INTERNAL_LISTEN", "127.0.0.1");
    port = port_of(from, "MITA_FINANCE_PORT", 8082);
    internal_port = port_of(from, "MITA_FINANCE_INTERNAL_PORT", 8092);
    trusted_peers = from.list("MITA_TRUSTED_PEERS", "127.0.0.0/8,::1/128");
    drain = from.duration_ms("MITA_DRAIN_MS", derived.drain_ms, 0, 600'000, "platform");
    request_timeout = from.duration_ms("MITA_REQUEST_TIMEOUT_MS", 5'000, 100, 60'000);

    database.generic_plans = true;  // every statement is written for one plan; planning the views' reads costs 1 ms
    read_url(from, "MITA_AUTH_INTERNAL_URL", "http://127.0.0.1:8091", auth_host, auth_port);

    cursor_secret = from.secret_text("MITA_FINANCE_SECRET", true, 32);
    internal_token = from.secret_text("MITA_INTERNAL_TOKEN", true, 32);
    issuer = from.text("MITA_ISSUER", "https://mita.local");
    audience = from.text("MITA_AUDIENCE", "mita-api");
    access_ttl_s = from.integer("MITA_ACCESS_TTL_S", 600, 5, 900);
    const auto cache_bytes = from.integer("MITA_CACHE_BYTES", derived.cache_bytes, 0, 1LL << 36, where.memory_source);
    token_cache_bytes = static_cast<std::size_t>(std::min<std::int64_t>(cache_bytes / 4, 32 << 20));
    user_cache_bytes = static_cast<std::size_t>(std::min<std::int64_t>(cache_bytes / 4, 32 << 20));  // 60,000 people
    ledger_cache_bytes = static_cast<std::size_t>(std::min<std::int64_t>(cache_bytes / 8, 32 << 20));
    page_cache_bytes = static_cast<std::size_t>(std::min<std::int64_t>(cache_bytes / 8, 32 << 20));

    const auto start = from.text("MITA_CLOCK", "");
    const auto file = from.text("MITA_CLOCK_FILE", "");
    if ((!start.empty() || !file.empty()) && !testing)
        from.problem("MITA_CLOCK and MITA_CLOCK_FILE are for MITA_ENV=test only");
    from.finish();
    if (!start.empty()) wall::start_at(start);
    if (!file.empty()) wall::follow_file(file);
}

}  // namespace mita::finance

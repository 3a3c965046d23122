#include "auth/settings.hpp"

#include "auth/hashing/lanes.hpp"
#include "core/clock.hpp"

#include <exception>
#include <utility>

namespace mita::auth {

namespace {

std::uint16_t port_of(config& from, const char* name, std::int64_t fallback) {
    return static_cast<std::uint16_t>(from.integer(name, fallback, 0, 65535));
}

}  // namespace

settings::settings(config& from)
    : where(platform::detect()),
      derived(platform::derive(where)),
      database(from, derived, "auth", "MITA_AUTH_DATABASE_URL") {
    environment = from.one_of("MITA_ENV", "production", {"production", "development", "test"});
    const bool testing = environment == "test";
    level = parse_log_level(from.one_of("MITA_LOG_LEVEL", "info", {"debug", "info", "warn", "error", "off"}),
                            log_level::info);
    log_requests = from.flag("MITA_LOG_REQUESTS", false);
    const auto concurrency = from.integer("WEB_CONCURRENCY", derived.workers, 1, 64, where.cpus_source);
    workers = static_cast<unsigned>(from.integer("MITA_WORKERS", concurrency, 1, 64, where.cpus_source));
    listen = from.text("MITA_LISTEN", "127.0.0.1");
    internal_listen = from.text("MITA_INTERNAL_LISTEN", "127.0.0.1");
    port = port_of(from, "MITA_AUTH_PORT", 8081);
    internal_port = port_of(from, "MITA_AUTH_INTERNAL_PORT", 8091);
    trusted_peers = from.list("MITA_TRUSTED_PEERS", "127.0.0.0/8,::1/128");
    drain = from.duration_ms("MITA_DRAIN_MS", derived.drain_ms, 0, 600'000, "platform");
    request_timeout = from.duration_ms("MITA_REQUEST_TIMEOUT_MS", 5'000, 100, 60'000);

    master = from.secret_text("MITA_AUTH_SECRET", true, 32);
    internal_token = from.secret_text("MITA_INTERNAL_TOKEN", true, 32);
    issuer = from.text("MITA_ISSUER", "https://mita.local");
    audience = from.text("MITA_AUDIENCE", "mita-api");
    access_ttl = std::chrono::seconds(from.integer("MITA_ACCESS_TTL_S", 600, 5, 900));
    refresh_idle = std::chrono::seconds(from.integer("MITA_REFRESH_IDLE_S", 604'800, 10, 31'536'000));
    refresh_absolute = std::chrono::seconds(from.integer("MITA_REFRESH_ABSOLUTE_S", 2'592'000, 10, 31'536'000));
    key_algorithm = from.one_of("MITA_JWT_ALGORITHM", "ES256", {"ES256", "EdDSA"}) == "ES256" ? jwt::algorithm::es256
                                                                                              : jwt::algorithm::eddsa;
    max_sessions = static_cast<unsigned>(from.integer("MITA_MAX_SESSIONS", 50, 1, 1000));

    passwords.alg = from.one_of("MITA_PASSWORD_ALGORITHM", "bcrypt", {"bcrypt", "argon2id"}) == "bcrypt"
                        ? hashing::algorithm::bcrypt
                        : hashing::algorithm::argon2id;
    passwords.cost = static_cast<unsigned>(from.integer("MITA_BCRYPT_COST", 12, testing ? 4 : 10, 14));
    hashing.threads =
        static_cast<unsigned>(from.integer("MITA_HASH_THREADS", derived.hashing_threads, 1, 64, where.cpus_source));
    hashing.max_queued = static_cast<std::size_t>(from.integer("MITA_HASH_QUEUE", 256, 1, 100'000));
    hashing.argon2_memory = static_cast<std::size_t>(std::max<std::int64_t>(where.memory_bytes / 4, 0));
    const auto kernel = from.one_of("MITA_HASH_KERNEL", "auto", {"auto", "portable", "libxcrypt"});
    if (kernel == "portable") hashing.kernels = &hashing::portable_kernels;
    hashing.libxcrypt_only = kernel == "libxcrypt";
    hashing.expected_cost = passwords.cost;
    hashing.expects_argon2 = passwords.alg == hashing::algorithm::argon2id;
    login_budget = from.duration_ms("MITA_LOGIN_BUDGET_MS", 2'500, 100, 60'000);

    const auto start = from.text("MITA_CLOCK", "");
    const auto file = from.text("MITA_CLOCK_FILE", "");
    if (!start.empty() || !file.empty()) {
        if (!testing) from.problem("MITA_CLOCK and MITA_CLOCK_FILE are for MITA_ENV=test only");
    }
    from.finish();
    if (!start.empty()) wall::start_at(start);
    if (!file.empty()) wall::follow_file(file);
}

}  // namespace mita::auth

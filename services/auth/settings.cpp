#include "auth/settings.hpp"

#include "auth/hashing/lanes.hpp"
#include "auth/people/password_rules.hpp"

#include <algorithm>

namespace mita::auth {

namespace {

const door_settings the_doors{.port_name = "MITA_AUTH_PORT",
                              .port = 8081,
                              .internal_port_name = "MITA_AUTH_INTERNAL_PORT",
                              .internal_port = 8091};

constexpr std::int64_t most_token_cache = 32 << 20;  // unless asked for more

}  // namespace

hashing::policy password_policy(config& from, bool testing) {
    hashing::policy p;
    p.alg = from.one_of("MITA_PASSWORD_ALGORITHM", "bcrypt", {"bcrypt", "argon2id"}) == "bcrypt"
                ? hashing::algorithm::bcrypt
                : hashing::algorithm::argon2id;
    p.cost = static_cast<unsigned>(from.integer("MITA_BCRYPT_COST", 12, testing ? 4 : 10, 14));
    return p;
}

settings::settings(config& from)
    : common_settings(from, the_doors),
      database(from, derived, workers, "auth", "MITA_AUTH_DATABASE_URL"),
      mail(from),
      passkeys(passkey_party(from, mail.public_url)),
      keys(from) {
    const auto mode = from.one_of("MITA_REGISTRATION", "open", {"open", "verified", "invited", "closed"});
    registration = mode == "open"       ? registration_mode::open
                   : mode == "verified" ? registration_mode::verified
                   : mode == "invited"  ? registration_mode::invited
                                        : registration_mode::closed;
    if (registration == registration_mode::verified && !mail.on())
        from.problem("MITA_REGISTRATION: must not be verified without MITA_MAIL_URL");
    service_audience = from.text("MITA_SERVICE_AUDIENCE", "mita-services");
    if (service_audience == audience) from.problem("MITA_SERVICE_AUDIENCE: must not be what MITA_AUDIENCE is");
    refresh_idle = std::chrono::seconds(from.integer("MITA_REFRESH_IDLE_S", 604'800, 10, 31'536'000));
    refresh_absolute = std::chrono::seconds(from.integer("MITA_REFRESH_ABSOLUTE_S", 2'592'000, 10, 31'536'000));
    token_cache_bytes = static_cast<std::size_t>(from.integer(
        "MITA_CACHE_BYTES", std::min(derived.cache_bytes / 4, most_token_cache), 0, 1LL << 36, where.memory_source));
    // Tests move clocks by months: there keys are renewed where it is said.
    keys.renewed = std::chrono::hours(24 * from.integer("MITA_KEY_DAYS", testing ? 0 : 90, 0, 3'650));
    audit_queue = static_cast<std::size_t>(from.integer("MITA_AUDIT_QUEUE", 10'000, 1, 1'000'000));
    audit_kept = std::chrono::hours(24 * from.integer("MITA_AUDIT_DAYS", 400, 31, 36'500));
    finance_internal = from.http_endpoint("MITA_FINANCE_INTERNAL_URL", "http://127.0.0.1:8092");
    erasure_poll = from.duration_ms("MITA_ERASURE_POLL_MS", 1'000, 50, 60'000);
    housekeeping = from.duration_ms("MITA_HOUSEKEEPING_MS", 60'000, 100, 3'600'000);
    max_sessions = static_cast<unsigned>(from.integer("MITA_MAX_SESSIONS", 50, 1, 1000));

    least_password = static_cast<std::size_t>(from.integer("MITA_PASSWORD_MIN", min_password, min_password, 64));
    passwords = password_policy(from, testing);
    hashing.threads =
        static_cast<unsigned>(from.integer("MITA_HASH_THREADS", derived.hashing_threads, 1, 64, where.cpus_source));
    hashing.max_queued = static_cast<std::size_t>(
        from.integer("MITA_HASH_QUEUE", derived.hash_queue, 1, 100'000, from.source_of("MITA_HASH_THREADS")));
    hashing.nice = static_cast<int>(from.integer("MITA_HASH_NICE", hashing.nice, 0, 19));
    hashing.argon2_memory = static_cast<std::size_t>(std::max<std::int64_t>(where.memory_bytes / 4, 0));
    const auto kernel = from.one_of("MITA_HASH_KERNEL", "auto", {"auto", "portable", "libxcrypt"});
    if (kernel == "portable") hashing.kernels = &hashing::portable_kernels;
    hashing.libxcrypt_only = kernel == "libxcrypt";
    hashing.expected_cost = passwords.cost;
    hashing.expects_argon2 = passwords.alg == hashing::algorithm::argon2id;
    login_budget = from.duration_ms("MITA_LOGIN_BUDGET_MS", 2'500, 100, 60'000);
    finish(from);
}

}  // namespace mita::auth

#include "core/settings.hpp"

#include "core/clock.hpp"

#include <iostream>

namespace mita {

common_settings::common_settings(config& from, const door_settings& doors)
    : where(platform::detect()), derived(platform::derive(where)) {
    testing = from.one_of("MITA_ENV", "production", {"production", "development", "test"}) == "test";
    level = parse_log_level(from.one_of("MITA_LOG_LEVEL", "info", {"debug", "info", "warn", "error", "off"}),
                            log_level::info);
    log_requests = from.flag("MITA_LOG_REQUESTS", false);
    const auto concurrency = from.integer("WEB_CONCURRENCY", derived.workers, 1, 64, where.cpus_source);
    workers = static_cast<unsigned>(from.integer("MITA_WORKERS", concurrency, 1, 64, where.cpus_source));
    const auto port_of = [&from](const char* name, std::int64_t fallback) {
        return static_cast<std::uint16_t>(from.integer(name, fallback, 0, 65535));
    };
    listen = from.text(doors.listen_name, doors.listen);
    internal_listen = from.text("MITA_INTERNAL_LISTEN", "127.0.0.1");
    port = port_of(doors.port_name, doors.port);
    internal_port = port_of(doors.internal_port_name, doors.internal_port);
    trusted_peers = from.list(doors.trusted_name, doors.trusted);
    drain = from.duration_ms("MITA_DRAIN_MS", derived.drain_ms, 0, 600'000, "platform");
    request_timeout = from.duration_ms("MITA_REQUEST_TIMEOUT_MS", 5'000, 100, 60'000);

    internal_token = from.secret_text("MITA_INTERNAL_TOKEN", true, 32);
    issuer = from.text("MITA_ISSUER", "https://mita.local");
    audience = from.text("MITA_AUDIENCE", "mita-api");
    access_ttl = std::chrono::seconds(from.integer("MITA_ACCESS_TTL_S", 600, 5, 900));

    clock_start_ = from.text("MITA_CLOCK", "");
    clock_file_ = from.text("MITA_CLOCK_FILE", "");
    if ((!clock_start_.empty() || !clock_file_.empty()) && !testing)
        from.problem("MITA_CLOCK and MITA_CLOCK_FILE are for MITA_ENV=test only");
}

void common_settings::finish(config& from) {
    from.finish();
    if (!clock_start_.empty()) wall::start_at(clock_start_);
    if (!clock_file_.empty()) wall::follow_file(clock_file_);
}

int show_config(config& from, void (*read)(config& from)) {
    int status = 0;
    std::string problems;
    try {
        read(from);
    } catch (const config_error& e) {
        problems = e.what();
        status = 2;
    }
    from.print(std::cout);
    if (status != 0) std::cerr << problems << '\n';
    return status;
}

}  // namespace mita

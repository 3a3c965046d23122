#include "core/settings.hpp"

#include "core/clock.hpp"
#include "core/moved_clock.hpp"

#include <exception>
#include <iostream>

namespace mita {

bool is_testing(config& from) {
    return from.one_of("MITA_ENV", "production", {"production", "development", "test"}) == "test";
}

common_settings::common_settings(config& from, const door_settings& d)
    : doors(d), where(platform::detect()), derived(platform::derive(where)) {
    from.text("MITA_SETTINGS_FILE", "");  // read by config; told like the others
    testing = is_testing(from);
    const auto names = platform::names();
    from.one_of("MITA_PLATFORM", where.name, {names.begin(), names.end()},
                where.name == "local" ? "default" : "platform");
    level = parse_log_level(from.one_of("MITA_LOG_LEVEL", "info", {"debug", "info", "warn", "error", "off"}),
                            log_level::info);
    log_requests = from.flag("MITA_LOG_REQUESTS", false);
    const auto concurrency = from.integer("WEB_CONCURRENCY", derived.workers, 1, 64, where.cpus_source);
    workers =
        static_cast<unsigned>(from.integer("MITA_WORKERS", concurrency, 1, 64, from.source_of("WEB_CONCURRENCY")));
    max_connections = static_cast<unsigned>(
        from.integer("MITA_MAX_CONNECTIONS", derived.max_connections, 1, 1'000'000, derived.max_connections_source));
    malloc_arenas = static_cast<unsigned>(
        from.integer("MITA_MALLOC_ARENAS", derived.malloc_arenas, 1, 1024, derived.malloc_arenas_source));
    const auto port_of = [&from](const char* name, std::int64_t fallback, const std::string& source = "default") {
        return static_cast<std::uint16_t>(from.integer(name, fallback, 0, 65535, source));
    };
    listen = from.address(doors.listen_name, doors.listen);
    internal_listen = from.address(doors.internal_listen_name, "127.0.0.1");
    port = port_of(doors.port_name, doors.port, doors.port_source);
    internal_port = port_of(doors.internal_port_name, doors.internal_port);
    trusted_peers = from.networks(doors.trusted_name, doors.trusted);
    drain = from.duration_ms("MITA_DRAIN_MS", derived.drain_ms, 0, 600'000, derived.drain_source);
    request_timeout = from.duration_ms("MITA_REQUEST_TIMEOUT_MS", 5'000, 100, 60'000);

    internal_token = from.secret_text("MITA_INTERNAL_TOKEN", true, 32);
    issuer = from.text("MITA_ISSUER", "https://mita.local");
    audience = from.text("MITA_AUDIENCE", "mita-api");
    access_ttl = std::chrono::seconds(from.integer("MITA_ACCESS_TTL_S", 600, 5, 900));
    read_clock(from);
}

void common_settings::read_clock(config& from) {
    clock_start_ = from.text("MITA_CLOCK", "");
    clock_file_ = from.text("MITA_CLOCK_FILE", "");
    const bool both = !clock_start_.empty() && !clock_file_.empty();
    if (!testing) {
        if (!clock_start_.empty())
            from.problem("MITA_CLOCK: is for MITA_ENV=test only, is " + config::shown(clock_start_));
        if (!clock_file_.empty())
            from.problem("MITA_CLOCK_FILE: is for MITA_ENV=test only, is " + config::shown(clock_file_));
    } else if (both) {
        from.problem("MITA_CLOCK: is set beside MITA_CLOCK_FILE; one of them sets the clock");
    } else if (!clock_start_.empty() && !wall::parse(clock_start_)) {
        from.problem("MITA_CLOCK: must be an RFC 3339 instant (as 2026-04-10T08:00:00Z), is " +
                     config::shown(clock_start_));
    } else if (!clock_file_.empty() && !wall::instant_in(clock_file_)) {
        from.problem("MITA_CLOCK_FILE: must name a file that holds an RFC 3339 instant, is " +
                     config::shown(clock_file_));
    }
}

void common_settings::finish(config& from) {
    from.finish();
    if (wall::moved_by()) return;  // by these settings, read before
    if (!clock_start_.empty()) wall::start_at(clock_start_);
    if (!clock_file_.empty()) wall::follow_file(clock_file_);
}

void log_misspellings(const config& from, logger& log) {
    for (const auto& m : from.misspellings())
        log.warn("setting_unknown").with("name", m.name).with("did_you_mean", m.nearest);
}

void show_config(config& from, void (*read)(config& from)) {
    std::exception_ptr wrong;
    try {
        read(from);
    } catch (const config_error&) {
        wrong = std::current_exception();
    }
    from.print(std::cout);
    std::cout.flush();
    if (wrong) std::rethrow_exception(wrong);  // it tells the misspelt ones, too
    for (const auto& line : from.hints()) std::cerr << line << '\n';
}

}  // namespace mita

// Wall time, and the only place it comes from (timeouts use deadline's monotonic clock).
// With MITA_ENV=test, MITA_CLOCK=2026-04-10T08:00:00Z starts it there and it runs on; MITA_CLOCK_FILE=PATH instead
// names a file holding such an instant, read again whenever it changes, so that a test moves whole months over HTTP.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mita::wall {

using time_point = std::chrono::sys_time<std::chrono::microseconds>;

// Called once by main, from configuration. Throws std::invalid_argument on a malformed instant or an unreadable file.
// The file is looked at on each now() (one stat), so a request sent after a write sees the new time; while it is
// missing or half written the former time runs on.
void start_at(std::string_view rfc3339_instant);
void follow_file(std::string path);
void follow_system();  // back to the real clock (tests)
// The instant that such a file holds; nullopt when it cannot be read or holds none.
std::optional<time_point> instant_in(const std::string& path);

time_point now();             // thread-safe
std::int64_t unix_seconds();  // of now()

// RFC 3339 in UTC with microseconds and Z: "2026-04-30T21:59:59.123456Z".
std::string format(time_point t);
// Strict RFC 3339 (offset or Z, at most 9 fraction digits cut to microseconds, leap second refused).
std::optional<time_point> parse(std::string_view text);

}  // namespace mita::wall

// JSON lines on stdout: bounded, written in batches by a thread of its own, drops counted.
// A line: log.info("event").with("key", value)...; it is queued when the statement ends. Never tokens, passwords,
// bodies, e-mails. Thread-safe; a full queue or a blocked stdout never blocks the caller.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace mita {

enum class log_level { debug, info, warn, error, off };
log_level parse_log_level(std::string_view text, log_level fallback);

class logger {
public:
    // fd: where lines go; max_queued_bytes: beyond it lines are dropped and counted.
    logger(std::string service, log_level level, int fd = 1, std::size_t max_queued_bytes = 1 << 20);
    ~logger();  // flushes what is queued (at most 1 s)
    logger(const logger&) = delete;
    logger& operator=(const logger&) = delete;

    class line {
    public:
        line(logger* to, log_level level, std::string_view event);
        line(line&& other) noexcept;
        line(const line&) = delete;
        line& operator=(const line&) = delete;
        line& operator=(line&&) = delete;
        ~line();
        line& with(std::string_view key, std::string_view value);
        line& with(std::string_view key, const char* value) { return with(key, std::string_view(value)); }
        line& with(std::string_view key, const std::string& value) { return with(key, std::string_view(value)); }
        line& with(std::string_view key, std::int64_t value);
        line& with(std::string_view key, int value) { return with(key, static_cast<std::int64_t>(value)); }
        line& with(std::string_view key, unsigned value) { return with(key, static_cast<std::int64_t>(value)); }
        line& with(std::string_view key, std::uint64_t value) { return with(key, static_cast<std::int64_t>(value)); }
        line& with(std::string_view key, double value);
        line& with(std::string_view key, bool value);

    private:
        logger* to_;   // null: the level is off, nothing is built
        bool urgent_;  // an error: written at once
        std::string text_;
    };

    line debug(std::string_view event) { return at(log_level::debug, event); }
    line info(std::string_view event) { return at(log_level::info, event); }
    line warn(std::string_view event) { return at(log_level::warn, event); }
    line error(std::string_view event) { return at(log_level::error, event); }
    line at(log_level level, std::string_view event);
    bool enabled(log_level level) const;
    std::uint64_t dropped() const;
    void flush();  // for tests and before exit; at most 1 s

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace mita

// IANA time zones from the system's tzdata: which calendar day it is somewhere, and when the next one begins.
// Used by the services for "today" and for timers at midnight. Thread-safe; rules are followed exactly, never +24 h:
// days of 23, 24.5 and 25 hours, midnights that do not exist (São Paulo 2018), days that never were (Apia 2011-12-30).
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "finance/domain/civil_time.hpp"

namespace mita::finance {

using instant = std::chrono::sys_time<std::chrono::microseconds>;

// A handle to a zone's rules: one pointer, cheap to copy, valid for the program's life.
class zone {
public:
    std::string_view name() const;
    bool operator==(const zone&) const = default;

private:
    explicit zone(const void* rules) : rules_(rules) {}
    friend std::optional<zone> find_zone(std::string_view name);
    friend civil_day local_today(zone where, instant when);
    friend instant day_start(zone where, civil_day day);
    friend instant next_midnight(zone where, instant after);

    const void* rules_;
};

// By IANA name, links included ("Europe/Sofia", "UTC", "US/Pacific"); case-sensitive. nullopt for anything else, also
// for paths and for the leap-second ("right/") trees. The first call reads the zone list (milliseconds, once).
std::optional<zone> find_zone(std::string_view name);

// The calendar day on the wall there.
civil_day local_today(zone where, instant when);

// First instant at which the local date is `day` or later (Apia 2011-12-30 → the start of the 31st).
instant day_start(zone where, civil_day day);

// First instant after `after` that begins a later local date than local_today(where, after).
instant next_midnight(zone where, instant after);

}  // namespace mita::finance

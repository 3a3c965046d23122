#include "finance/domain/zone.hpp"

#include <date/tz.h>

#include <exception>

namespace mita::finance {
namespace {

const date::time_zone& rules_of(const void* rules) { return *static_cast<const date::time_zone*>(rules); }

// Files of the tzdata tree that are no zones of the IANA database, or count leap seconds.
bool refused(std::string_view name) {
    return name.empty() || name.size() > 64 || name.starts_with('/') || name.find("..") != name.npos ||
           name.starts_with("right/") || name.starts_with("posix/") || name == "localtime" || name == "posixrules" ||
           name == "Factory";
}

// Midnight on the wall as an instant; where it does not exist, the jump over it; where it comes twice, as chosen.
instant midnight(const date::time_zone& rules, civil_day day, date::choose which) {
    return rules.to_sys(date::local_seconds{day.time_since_epoch()}, which);
}

}  // namespace

std::string_view zone::name() const { return rules_of(rules_).name(); }

std::optional<zone> find_zone(std::string_view name) {
    if (refused(name)) return std::nullopt;
    try {
        const auto* rules = date::locate_zone(name);
        // The rules load on first use, and a broken file shows only then.
        rules->get_info(date::sys_seconds{});
        return zone{rules};
    } catch (const std::exception&) {
        return std::nullopt;
    }
}

civil_day local_today(zone where, instant when) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(when);
    const auto offset = rules_of(where.rules_).get_info(seconds).offset;
    return std::chrono::floor<std::chrono::days>(seconds + offset);
}

instant day_start(zone where, civil_day day) { return midnight(rules_of(where.rules_), day, date::choose::earliest); }

instant next_midnight(zone where, instant after) {
    const auto next = local_today(where, after) + std::chrono::days{1};
    const auto start = day_start(where, next);
    if (start > after) return start;
    // Clocks went back over midnight: this is the first day's second evening.
    return midnight(rules_of(where.rules_), next, date::choose::latest);
}

}  // namespace mita::finance

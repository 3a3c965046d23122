// What systemd wants to hear of a service of Type=notify (sd_notify(3)): that it is up, that it stops, that it still
// turns. Used by runtime. Without a service manager, who names its socket in NOTIFY_SOCKET, everything here does
// nothing.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace mita {

class service_manager {
public:
    service_manager();  // reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID; before threads

    // "READY=1\nSTATUS=listening": lines of assignments in one datagram. Never waits; what cannot be told is not.
    void tell(std::string_view state) const noexcept;

    // How often it wants to hear WATCHDOG=1: half of what it gives us. nullopt: it does not.
    std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

private:
    std::string socket_;
    std::optional<std::chrono::microseconds> watchdog_;
};

}  // namespace mita

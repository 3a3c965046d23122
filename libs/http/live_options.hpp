// What of its options a server takes anew while it serves, when settings were read again: one for all workers. A server
// whose service has one looks each 100 ms, and when a connection comes.
#pragma once

#include "core/settings.hpp"

#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mita::http {

class live_options {
public:
    struct values {
        std::chrono::milliseconds handle_timeout;
        std::vector<std::string> trusted_peers;
        bool log_requests;
        std::optional<std::chrono::milliseconds> slow, idle_timeout;  // none: as they are
    };
    static values of(const common_settings& s);
    // The settings that `of` takes.
    static std::vector<std::string_view> names(const common_settings& s);

    void publish(values now);  // any thread
    unsigned generation() const { return generation_.load(std::memory_order_acquire); }
    values now() const;  // once something was published

private:
    std::atomic<unsigned> generation_{0};
    mutable std::mutex mutex_;
    std::optional<values> values_;
};

class adjusted_service {
public:
    virtual ~adjusted_service() = default;
    virtual const live_options& live() const = 0;
};

}  // namespace mita::http

// The settings that a reload changes while auth runs: each a word that any thread reads and worker 0 writes, where it
// stands among the others. Whoever reads one reads it so.
#pragma once

#include "auth/settings.hpp"

#include <array>
#include <atomic>
#include <string_view>

namespace mita::auth {

template <class T>
T live(T& of_settings) {
    return std::atomic_ref<T>(of_settings).load(std::memory_order_relaxed);
}

struct live_settings {
    static constexpr std::array<std::string_view, 4> names = {"MITA_REGISTRATION", "MITA_PASSWORD_MIN",
                                                              "MITA_LOGIN_BUDGET_MS", "MITA_AUDIT_DAYS"};
    static void take(settings& now, const settings& next) {
        put(now.registration, next.registration);
        put(now.least_password, next.least_password);
        put(now.login_budget, next.login_budget);
        put(now.audit_kept, next.audit_kept);
    }

private:
    template <class T>
    static void put(T& to, T value) {
        std::atomic_ref<T>(to).store(value, std::memory_order_relaxed);
    }
};

}  // namespace mita::auth

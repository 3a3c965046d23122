// Shared by the hashing tests: hashes by our engine with any kernels and lane count, and by crypt_r itself.
#pragma once

#include "auth/hashing/bcrypt_format.hpp"
#include "auth/hashing/lane_engine.hpp"

#include <crypt.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mita::hashing {

inline std::string by_crypt_r(const std::string& password, const std::string& setting) {
    const auto data = std::make_unique<crypt_data>();
    const char* out = crypt_r(password.c_str(), setting.c_str(), data.get());
    return out == nullptr ? std::string() : std::string(out);
}

struct task {
    std::string password;
    bcrypt::setting how;
};

// Hashes all tasks with at most `width` lanes, each lane refilled as soon as it ends; answers in the order of the
// tasks.
inline std::vector<std::string> by_lanes(const lane_kernels& kernels, unsigned width, const std::vector<task>& tasks) {
    lane_engine engine(kernels);
    std::vector<std::string> out(tasks.size());
    std::size_t next = 0;
    while (next < tasks.size() || engine.active() > 0) {
        while (engine.active() < width && next < tasks.size()) {
            engine.start(static_cast<lane_engine::tag>(next), tasks[next].password, tasks[next].how);
            ++next;
        }
        engine.step();
        for (unsigned i = engine.active(); i-- > 0;) {
            if (engine.remaining(i) > 0) continue;
            const auto who = engine.owner(i);
            const auto sum = engine.take(i);
            out[who] = bcrypt::format(tasks[who].how, sum);
        }
    }
    return out;
}

inline bcrypt::setting setting_of(char kind, unsigned cost, std::uint32_t seed) {
    bcrypt::setting s{static_cast<bcrypt::variant>(kind), cost, {}};
    for (auto& b : s.salt) {
        seed = seed * 1664525 + 1013904223;
        b = static_cast<std::uint8_t>(seed >> 24);
    }
    return s;
}

}  // namespace mita::hashing

// The CPU and memory limits of this process's control groups, version 1, 2 or both mounted side by side.
// Used by platform::detect. Reads /proc/self/{cgroup,mountinfo} under `root`; never fails, what cannot be read sets no
// limit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace mita::platform {

struct cgroup_limits {
    std::optional<double> cpus;                // least quota / period of the group and its ancestors
    std::optional<std::int64_t> memory_bytes;  // least memory.max, memory.high or limit_in_bytes of the same
};

cgroup_limits read_cgroups(const std::string& root);

}  // namespace mita::platform

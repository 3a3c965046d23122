// Where we run and what we may use: platform by environment (the order is platform.cpp's), CPU and memory by cgroup
// v1/v2 and affinity, and the settings derived from them, each with its source. Pure over an injected environment and
// root directory, so tests use fake trees.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mita::platform {

struct probe {
    std::function<std::optional<std::string>(const std::string&)> env;
    std::string root = "/";      // prefix of /proc and /sys
    unsigned affinity_cpus = 0;  // 0: ask sched_getaffinity
    std::int64_t max_fds = 0;    // 0: ask getrlimit
};

struct limits {
    std::string name;               // render, heroku, railway, fly, vercel, lambda, cloud_run, azure, ecs,
                                    // kubernetes, docker, systemd, local
    double cpus = 1;                // quota and affinity combined, over 0
    std::string cpus_source;        // "cgroup", "platform" (RENDER_CPU_COUNT) or "default": what the affinity allows
    std::int64_t memory_bytes = 0;  // min over ancestors; physical memory when unlimited
    std::string memory_source;      // "cgroup", "platform" (Lambda, Fly.io) or "default"
    std::int64_t max_fds = 1024;    // RLIMIT_NOFILE
};

// Every platform name detect() may give; MITA_PLATFORM chooses one of them, anything else in it is for the settings to
// refuse.
std::span<const std::string_view> names();

limits detect(const probe& p);
limits detect();  // this process

struct derived {
    unsigned workers;               // event loops: max(1, floor(cpus)), capped at 16
    unsigned hashing_threads;       // cpus, one left to the loops when >= 4
    unsigned hash_queue;            // 128 a thread: what is not hashed within the login's budget is shed long before
    unsigned db_exclusive;          // exclusive connections per worker: 4, in small machines 2
    std::int64_t cache_bytes;       // 10 % of memory, split by the service; 8 MiB..1 GiB
    std::int64_t rate_table_bytes;  // 2 % of memory, 1..64 MiB
    unsigned max_connections;       // client connections: 64 KiB of memory each, 80 % of the descriptors
    std::string max_connections_source;
    unsigned malloc_arenas;            // one a busy thread, two in small machines
    std::string malloc_arenas_source;  // what bounds them
    std::string db_exclusive_source;   // what made the machine a small one, or "default"
    std::int64_t drain_ms;             // Railway 3 s, Fly 5 s, Cloud Run 10 s, Render and Heroku 30 s, else 10 s
    std::string drain_source;          // "platform" or "default"
    std::int64_t keep_alive_ms;        // longer than an edge in front keeps its own: 75 s, Heroku (90 s) 95 s
    std::string keep_alive_source;     // "platform" or "default"
};
derived derive(const limits& l);

// Bounds glibc's arenas (mallopt); once, at start.
void apply_malloc_limits(unsigned arenas);

}  // namespace mita::platform

#include "core/platform.hpp"

#include "core/cgroup.hpp"

#include <malloc.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace mita::platform {
namespace {

constexpr std::int64_t mib = 1 << 20;
constexpr std::int64_t gib = 1 << 30;
constexpr std::int64_t small_memory = 512 * mib;
constexpr double least_cpus = 0.01;

constexpr std::array<std::string_view, 13> all_names{"render", "heroku",    "railway", "fly", "vercel",
                                                     "lambda", "cloud_run", "azure",   "ecs", "kubernetes",
                                                     "docker", "systemd",   "local"};

struct mark {
    const char* variable;
    const char* name;
};
// First match wins.
constexpr std::array<mark, 11> marks{{{"RENDER", "render"},
                                      {"DYNO", "heroku"},
                                      {"RAILWAY_ENVIRONMENT", "railway"},
                                      {"RAILWAY_ENVIRONMENT_NAME", "railway"},  // what it is called lately
                                      {"FLY_APP_NAME", "fly"},
                                      {"VERCEL", "vercel"},
                                      {"AWS_LAMBDA_FUNCTION_NAME", "lambda"},
                                      {"K_SERVICE", "cloud_run"},
                                      {"WEBSITE_SITE_NAME", "azure"},
                                      {"ECS_CONTAINER_METADATA_URI_V4", "ecs"},
                                      {"KUBERNETES_SERVICE_HOST", "kubernetes"}}};

std::string variable(const probe& p, const char* name) { return p.env ? p.env(name).value_or("") : std::string(); }

std::string detect_name(const probe& p, const std::string& root) {
    auto chosen = variable(p, "MITA_PLATFORM");
    if (std::find(all_names.begin(), all_names.end(), chosen) != all_names.end()) return chosen;
    for (const auto& m : marks)
        if (!variable(p, m.variable).empty()) return m.name;
    std::error_code ec;
    if (!variable(p, "DOCKER_CONTAINER").empty() || std::filesystem::exists(root + "/.dockerenv", ec) ||
        std::filesystem::exists(root + "/run/.containerenv", ec))
        return "docker";
    if (!variable(p, "INVOCATION_ID").empty()) return "systemd";
    return "local";
}

// A positive number written plainly, or nothing.
std::optional<double> positive(const std::string& text) {
    double value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || end != text.data() + text.size() || !std::isfinite(value) || value <= 0)
        return std::nullopt;
    return value;
}

unsigned affinity() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (::sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<unsigned>(CPU_COUNT(&set));
    const auto online = ::sysconf(_SC_NPROCESSORS_ONLN);  // more than 1024 processors do not fit the set
    return online > 0 ? static_cast<unsigned>(online) : 1;
}

std::int64_t physical_memory(const std::string& root) {
    std::ifstream in(root + "/proc/meminfo");
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with("MemTotal:")) continue;
        std::istringstream fields(line.substr(9));
        std::int64_t kib = 0;
        if (fields >> kib && kib > 0) return kib * 1024;
    }
    return static_cast<std::int64_t>(::sysconf(_SC_PHYS_PAGES)) * ::sysconf(_SC_PAGESIZE);
}

std::int64_t descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
    return static_cast<std::int64_t>(std::min<rlim_t>(limit.rlim_cur, 1 << 20));
}

}  // namespace

std::span<const std::string_view> names() { return all_names; }

limits detect(const probe& p) {
    auto root = p.root;
    while (root.ends_with('/')) root.pop_back();
    const auto groups = read_cgroups(root);

    limits out;
    out.name = detect_name(p, root);
    out.cpus = p.affinity_cpus > 0 ? p.affinity_cpus : std::max(1u, affinity());
    out.cpus_source = "default";
    const auto fewer_cpus = [&out](std::optional<double> n, const char* source) {
        if (!n || *n >= out.cpus) return;
        out.cpus = std::max(least_cpus, *n);
        out.cpus_source = source;
    };
    fewer_cpus(groups.cpus, "cgroup");
    if (out.name == "render") fewer_cpus(positive(variable(p, "RENDER_CPU_COUNT")), "platform");

    out.memory_bytes = physical_memory(root);
    out.memory_source = "default";
    const auto less_memory = [&out](std::optional<std::int64_t> n, const char* source) {
        if (!n || *n >= out.memory_bytes) return;
        out.memory_bytes = *n;
        out.memory_source = source;
    };
    less_memory(groups.memory_bytes, "cgroup");
    const auto megabytes = [&p](const char* name) -> std::optional<std::int64_t> {
        const auto n = positive(variable(p, name));
        if (!n || *n > 1e9) return std::nullopt;
        return static_cast<std::int64_t>(*n) * mib;
    };
    if (out.name == "lambda") less_memory(megabytes("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"), "platform");
    if (out.name == "fly") less_memory(megabytes("FLY_VM_MEMORY_MB"), "platform");

    out.max_fds = p.max_fds > 0 ? p.max_fds : descriptor_limit();
    return out;
}

limits detect() {
    probe p;
    p.env = [](const std::string& name) -> std::optional<std::string> {
        const char* value = std::getenv(name.c_str());
        if (!value) return std::nullopt;
        return std::string(value);
    };
    return detect(p);
}

derived derive(const limits& l) {
    const auto whole = static_cast<unsigned>(std::clamp(std::floor(l.cpus), 1.0, 1024.0));
    const bool small = l.memory_bytes <= small_memory || l.cpus < 1;
    derived out{};
    out.workers = std::min(whole, 16u);
    out.hashing_threads = whole >= 4 ? whole - 1 : whole;
    out.hash_queue = 128 * out.hashing_threads;
    out.db_exclusive = small ? 2 : 4;
    out.cache_bytes = std::clamp(l.memory_bytes / 10, 8 * mib, gib);
    out.rate_table_bytes = std::clamp(l.memory_bytes / 50, mib, 64 * mib);
    const auto by_memory = l.memory_bytes / (64 << 10);
    const auto by_descriptors = l.max_fds * 8 / 10;
    out.max_connections =
        static_cast<unsigned>(std::clamp<std::int64_t>(std::min(by_memory, by_descriptors), 64, 200'000));
    out.max_connections_source = by_memory < by_descriptors ? l.memory_source : "default";
    const auto small_by = l.memory_bytes <= small_memory ? l.memory_source : l.cpus_source;
    out.malloc_arenas = small ? 2 : std::clamp(out.workers + out.hashing_threads, 2u, 32u);
    out.malloc_arenas_source = small ? small_by : l.cpus_source;
    out.db_exclusive_source = small ? small_by : "default";
    out.drain_ms = 10'000;
    if (l.name == "railway") out.drain_ms = 3'000;
    if (l.name == "fly") out.drain_ms = 5'000;
    if (l.name == "render" || l.name == "heroku") out.drain_ms = 30'000;
    out.drain_source = out.drain_ms != 10'000 || l.name == "cloud_run" ? "platform" : "default";
    out.keep_alive_ms = l.name == "heroku" ? 95'000 : 75'000;
    out.keep_alive_source = l.name == "heroku" ? "platform" : "default";
    return out;
}

void apply_malloc_limits(unsigned arenas) { ::mallopt(M_ARENA_MAX, static_cast<int>(std::max(1u, arenas))); }

}  // namespace mita::platform

#include "core/platform.hpp"

#include <stdlib.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <map>

using namespace mita::platform;
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t mib = 1 << 20;
constexpr std::int64_t gib = 1 << 30;

// A root directory with the /proc and /sys a test wants: 8 GiB of memory unless told otherwise.
struct fake_root {
    fake_root() {
        std::string name = (fs::temp_directory_path() / "mita_root_XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
        file("/proc/meminfo", "MemTotal:        8388608 kB\nMemFree: 1 kB\n");
    }
    ~fake_root() { fs::remove_all(path); }
    fake_root& file(const std::string& at, const std::string& content) {
        fs::create_directories(fs::path(path + at).parent_path());
        std::ofstream(path + at) << content;
        return *this;
    }
    limits detect(std::map<std::string, std::string> env = {}, unsigned cpus = 8) const {
        probe p;
        p.root = path + "/";
        p.affinity_cpus = cpus;
        p.max_fds = 1000;
        p.env = [env](const std::string& name) -> std::optional<std::string> {
            const auto found = env.find(name);
            if (found == env.end()) return std::nullopt;
            return found->second;
        };
        return mita::platform::detect(p);
    }
    std::string path;
};

std::string v2_mount(const std::string& root = "/", const std::string& point = "/sys/fs/cgroup") {
    return "30 23 0:27 " + root + " " + point + " rw,nosuid shared:4 - cgroup2 cgroup2 rw\n";
}
std::string v1_mount(const std::string& controllers, const std::string& root = "/") {
    return "31 23 0:28 " + root + " /sys/fs/cgroup/" + controllers + " rw - cgroup cgroup rw," + controllers + "\n";
}

limits with(double cpus, std::int64_t memory, std::string name = "local", std::int64_t fds = 100000) {
    limits l;
    l.name = std::move(name);
    l.cpus = cpus;
    l.memory_bytes = memory;
    l.max_fds = fds;
    return l;
}

}  // namespace

TEST_CASE("without control groups, affinity and physical memory are the limits") {
    const fake_root root;
    const auto l = root.detect();
    CHECK(l.cpus == 8);
    CHECK(l.cpus_source == "default");
    CHECK(l.memory_bytes == 8 * gib);
    CHECK(l.memory_source == "default");
    CHECK(l.max_fds == 1000);
}

TEST_CASE("version 2: the least limit of the group and its ancestors counts") {
    fake_root root;
    root.file("/proc/self/cgroup", "0::/pod/container\n").file("/proc/self/mountinfo", v2_mount());
    root.file("/sys/fs/cgroup/pod/container/memory.max", "max\n").file("/sys/fs/cgroup/pod/memory.max", "536870912\n");
    root.file("/sys/fs/cgroup/pod/container/cpu.max", "150000 100000\n")
        .file("/sys/fs/cgroup/pod/cpu.max", "max 100000\n");
    const auto l = root.detect();
    CHECK(l.memory_bytes == 512 * mib);
    CHECK(l.memory_source == "cgroup");
    CHECK(l.cpus == Approx(1.5));
    CHECK(l.cpus_source == "cgroup");
    root.file("/sys/fs/cgroup/pod/container/memory.high", "268435456\n")
        .file("/sys/fs/cgroup/cpu.max", "50000 100000\n");
    CHECK(root.detect().memory_bytes == 256 * mib);
    CHECK(root.detect().cpus == Approx(0.5));
}

TEST_CASE("version 2 in a cgroup namespace: the group is the mount itself") {
    fake_root root;
    root.file("/proc/self/cgroup", "0::/\n").file("/proc/self/mountinfo", v2_mount());
    root.file("/sys/fs/cgroup/memory.max", "1073741824\n").file("/sys/fs/cgroup/cpu.max", "200000 100000\n");
    CHECK(root.detect().memory_bytes == gib);
    CHECK(root.detect().cpus == Approx(2));
    root.file("/proc/self/mountinfo", v2_mount("/../.."));
    CHECK(root.detect().memory_bytes == gib);
    root.file("/proc/self/cgroup", "0::/../sibling\n").file("/proc/self/mountinfo", v2_mount());
    CHECK(root.detect().memory_bytes == gib);
}

TEST_CASE("version 1: each controller has its own mount and path") {
    fake_root root;
    root.file("/proc/self/cgroup",
              "9:name=systemd:/\n4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n3:cpuset:/docker/abc\n");
    root.file("/proc/self/mountinfo", v1_mount("memory") + v1_mount("cpu,cpuacct") + v1_mount("cpuset"));
    root.file("/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "9223372036854771712\n");
    root.file("/sys/fs/cgroup/memory/docker/memory.limit_in_bytes", "2147483648\n");
    root.file("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    root.file("/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "250000\n");
    root.file("/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us", "100000\n");
    root.file("/sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_quota_us", "-1\n");
    root.file("/sys/fs/cgroup/cpu,cpuacct/docker/cpu.cfs_period_us", "100000\n");
    const auto l = root.detect();
    CHECK(l.memory_bytes == 2 * gib);
    CHECK(l.cpus == Approx(2.5));
}

TEST_CASE("version 1 in a container without namespace: the mount shows only the group") {
    fake_root root;
    root.file("/proc/self/cgroup", "4:memory:/docker/abc\n")
        .file("/proc/self/mountinfo", v1_mount("memory", "/docker/abc"));
    root.file("/sys/fs/cgroup/memory/memory.limit_in_bytes", "134217728\n");
    CHECK(root.detect().memory_bytes == 128 * mib);
    root.file("/proc/self/mountinfo", v1_mount("memory", "/docker/other"));
    CHECK(root.detect().memory_bytes == 8 * gib);
    root.file("/proc/self/mountinfo", v1_mount("memory", "/docker/ab"));
    CHECK(root.detect().memory_bytes == 8 * gib);
}

TEST_CASE("mixed: version 1 controllers beside an empty version 2 tree, and mount points with spaces") {
    fake_root root;
    root.file("/proc/self/cgroup", "4:memory:/a b\n1:cpu:/\n0::/\n");
    root.file("/proc/self/mountinfo", "32 31 0:29 / /sys/fs/my\\040cgroup/memory rw - cgroup cgroup rw,memory\n" +
                                          v1_mount("cpu") + v2_mount("/", "/sys/fs/cgroup/unified") +
                                          "22 1 8:1 / / rw - ext4 /dev/sda1 rw\nbroken line\n");
    root.file("/sys/fs/my cgroup/memory/a b/memory.limit_in_bytes", "67108864\n");
    root.file("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "100000\n")
        .file("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    const auto l = root.detect();
    CHECK(l.memory_bytes == 64 * mib);
    CHECK(l.cpus == Approx(1));
    root.file("/sys/fs/cgroup/unified/cpu.max", "50000 100000\n");
    CHECK(root.detect().cpus == Approx(0.5));
}

TEST_CASE("limits above what the machine has, and files that hold nonsense, change nothing") {
    fake_root root;
    root.file("/proc/self/cgroup", "0::/x\nnonsense\n:\n7:memory\n")
        .file("/proc/self/mountinfo", v2_mount() + "1 2 3\n - \n");
    root.file("/sys/fs/cgroup/x/memory.max", "99999999999999\n").file("/sys/fs/cgroup/x/cpu.max", "6400000 100000\n");
    CHECK(root.detect().memory_source == "default");
    CHECK(root.detect().cpus_source == "default");
    root.file("/sys/fs/cgroup/x/memory.max", "lots\n").file("/sys/fs/cgroup/x/cpu.max", "0 0\n");
    CHECK(root.detect().memory_bytes == 8 * gib);
    CHECK(root.detect().cpus == 8);
}

TEST_CASE("the platform is the first of the order that shows itself") {
    const fake_root root;
    const std::vector<std::pair<std::string, std::string>> order{{"RENDER", "render"},
                                                                 {"DYNO", "heroku"},
                                                                 {"RAILWAY_ENVIRONMENT", "railway"},
                                                                 {"RAILWAY_ENVIRONMENT_NAME", "railway"},
                                                                 {"FLY_APP_NAME", "fly"},
                                                                 {"VERCEL", "vercel"},
                                                                 {"AWS_LAMBDA_FUNCTION_NAME", "lambda"},
                                                                 {"K_SERVICE", "cloud_run"},
                                                                 {"WEBSITE_SITE_NAME", "azure"},
                                                                 {"ECS_CONTAINER_METADATA_URI_V4", "ecs"},
                                                                 {"KUBERNETES_SERVICE_HOST", "kubernetes"},
                                                                 {"DOCKER_CONTAINER", "docker"},
                                                                 {"INVOCATION_ID", "systemd"}};
    std::map<std::string, std::string> env;
    CHECK(root.detect(env).name == "local");
    for (auto it = order.rbegin(); it != order.rend(); ++it) {
        env[it->first] = "x";
        CHECK(root.detect(env).name == it->second);
    }
    env["MITA_PLATFORM"] = "systemd";
    CHECK(root.detect(env).name == "systemd");
    env["MITA_PLATFORM"] = "mainframe";
    CHECK(root.detect(env).name == "render");
    CHECK(root.detect({{"RENDER", ""}}).name == "local");
    CHECK(names().size() == 13);
}

TEST_CASE("a container is known by its marker files") {
    fake_root root;
    root.file("/.dockerenv", "");
    CHECK(root.detect({{"INVOCATION_ID", "x"}}).name == "docker");
    fake_root podman;
    podman.file("/run/.containerenv", "");
    CHECK(podman.detect().name == "docker");
}

TEST_CASE("platforms that tell their share lower the limits, and only theirs") {
    const fake_root root;
    const auto render = root.detect({{"RENDER", "true"}, {"RENDER_CPU_COUNT", "0.5"}});
    CHECK(render.cpus == Approx(0.5));
    CHECK(render.cpus_source == "platform");
    CHECK(root.detect({{"RENDER_CPU_COUNT", "0.5"}}).cpus == 8);
    for (const char* wrong : {"", "none", "0", "-1", "nan", "inf", "0.5x"})
        CHECK(root.detect({{"RENDER", "true"}, {"RENDER_CPU_COUNT", wrong}}).cpus == 8);
    const auto lambda = root.detect({{"AWS_LAMBDA_FUNCTION_NAME", "f"}, {"AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"}});
    CHECK(lambda.memory_bytes == 256 * mib);
    CHECK(lambda.memory_source == "platform");
    CHECK(root.detect({{"FLY_APP_NAME", "f"}, {"FLY_VM_MEMORY_MB", "1024"}}).memory_bytes == gib);
}

TEST_CASE("settings follow from the limits") {
    const auto tiny = derive(with(0.5, 256 * mib));
    CHECK(tiny.workers == 1);
    CHECK(tiny.hashing_threads == 1);
    CHECK(tiny.hash_queue == 128);
    CHECK(tiny.db_exclusive == 2);
    CHECK(tiny.cache_bytes == 256 * mib / 10);
    CHECK(tiny.rate_table_bytes == 256 * mib / 50);
    CHECK(tiny.max_connections == 4096);
    CHECK(tiny.malloc_arenas == 2);

    const auto middle = derive(with(2.5, 4 * gib, "local", 1024));
    CHECK(middle.workers == 2);
    CHECK(middle.hashing_threads == 2);
    CHECK(middle.db_exclusive == 4);
    CHECK(middle.max_connections == 819);
    CHECK(middle.malloc_arenas == 4);

    const auto large = derive(with(64, 256 * gib));
    CHECK(large.workers == 16);
    CHECK(large.hashing_threads == 63);
    CHECK(large.cache_bytes == gib);
    CHECK(large.rate_table_bytes == 64 * mib);
    CHECK(large.max_connections == 80000);
    CHECK(derive(with(4, gib)).hashing_threads == 3);
    CHECK(derive(with(1, 16 * mib)).cache_bytes == 8 * mib);
    CHECK(derive(with(1, 16 * mib, "local", 10)).max_connections == 64);
}

TEST_CASE("the drain time is the platform's") {
    const std::map<std::string, std::int64_t> drain{{"railway", 3000}, {"fly", 5000},     {"cloud_run", 10000},
                                                    {"render", 30000}, {"heroku", 30000}, {"local", 10000}};
    for (const auto& [name, ms] : drain) {
        const auto d = derive(with(1, gib, name));
        CHECK(d.drain_ms == ms);
        CHECK(d.drain_source == (name == "local" ? "default" : "platform"));
    }
}

TEST_CASE("an idle connection is kept longer than the edge in front keeps it") {
    for (const auto name : names()) {
        const auto d = derive(with(1, gib, std::string(name)));
        CHECK(d.keep_alive_ms == (name == "heroku" ? 95'000 : 75'000));
        CHECK(d.keep_alive_source == (name == "heroku" ? "platform" : "default"));
    }
}

TEST_CASE("each derived setting tells what it came from") {
    auto limits = with(0.5, 256 * mib);
    limits.cpus_source = "platform";
    limits.memory_source = "cgroup";
    const auto tiny = derive(limits);
    CHECK(tiny.max_connections_source == "cgroup");
    CHECK(tiny.malloc_arenas_source == "cgroup");
    CHECK(tiny.db_exclusive_source == "cgroup");
    limits.memory_bytes = 64 * gib;
    const auto slow = derive(limits);
    CHECK(slow.max_connections == 80000);
    CHECK(slow.max_connections_source == "default");
    CHECK(slow.malloc_arenas_source == "platform");
    CHECK(slow.db_exclusive_source == "platform");
    limits.cpus = 2;
    CHECK(derive(limits).db_exclusive_source == "default");
    CHECK(derive(limits).malloc_arenas == 4);
}

TEST_CASE("this process has plausible limits") {
    const auto l = mita::platform::detect();
    CHECK(l.cpus > 0);
    CHECK(l.memory_bytes > 16 * mib);
    CHECK(l.max_fds > 0);
    CHECK(std::find(names().begin(), names().end(), l.name) != names().end());
    CHECK(derive(l).workers >= 1);
    apply_malloc_limits(derive(l).malloc_arenas);
}

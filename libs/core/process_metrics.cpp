#include "core/metrics.hpp"

#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace mita::metrics {
namespace {

double cpu_seconds() {
    rusage use{};
    ::getrusage(RUSAGE_SELF, &use);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(use.ru_utime) + seconds(use.ru_stime);
}

double open_descriptors() {
    std::error_code ec;
    double n = 0;
    for (std::filesystem::directory_iterator it("/proc/self/fd", ec), end; !ec && it != end; it.increment(ec)) ++n;
    return n > 0 ? n - 1 : 0;  // without the one that reads the directory
}

double max_descriptors() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return static_cast<double>(limit.rlim_cur);
}

// The boot's time plus field 22 of /proc/self/stat; the command in field 2 may hold spaces and brackets.
double start_time() {
    std::ifstream stat_file("/proc/self/stat");
    std::string text;
    std::getline(stat_file, text);
    std::istringstream fields(text.substr(std::min(text.size(), text.rfind(')') + 1)));
    std::string field;
    for (int i = 3; i <= 22; ++i) fields >> field;
    const double ticks = field.empty() ? 0 : std::stod(field);

    // Not /proc/stat's btime: a unit with ProcSubset=pid has none.
    const auto seconds = [](clockid_t clock) {
        timespec t{};
        ::clock_gettime(clock, &t);
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
    };
    const double boot = seconds(CLOCK_REALTIME) - seconds(CLOCK_BOOTTIME);
    return boot + ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

std::int64_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::int64_t total = 0;
    std::int64_t resident = 0;
    statm >> total >> resident;
    return resident * ::sysconf(_SC_PAGESIZE);
}

void register_process(registry& r, std::string service, std::string version, std::string commit) {
    r.callback("process_cpu_seconds_total", "User and system CPU time in seconds.", "counter", {}, cpu_seconds);
    r.callback("process_resident_memory_bytes", "Resident memory in bytes.", "gauge", {},
               [] { return static_cast<double>(resident_bytes()); });
    r.callback("process_open_fds", "Open file descriptors.", "gauge", {}, open_descriptors);
    r.callback("process_max_fds", "Limit of open file descriptors.", "gauge", {}, max_descriptors);
    r.callback("process_start_time_seconds", "Start of the process, seconds since the Unix epoch.", "gauge", {},
               [at = start_time()] { return at; });
    labels build{{"service", std::move(service)}, {"version", std::move(version)}, {"commit", std::move(commit)}};
    r.callback("mita_build_info", "What is running; always 1.", "info", std::move(build), [] { return 1.0; });
}

}  // namespace mita::metrics

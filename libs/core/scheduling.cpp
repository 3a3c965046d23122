#include "core/scheduling.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>

namespace mita {

namespace {

// struct sched_attr of sched_setattr(2), which Debian 12's C library does not declare.
struct scheduling {
    std::uint32_t size = sizeof(scheduling);
    std::uint32_t policy = 0;  // SCHED_OTHER
    std::uint64_t flags = 0;
    std::int32_t nice = 0;
    std::uint32_t priority = 0;
    std::uint64_t runtime = 100'000;  // of a turn, ns: the least there is
    std::uint64_t deadline = 0, period = 0;
};
static_assert(sizeof(scheduling) == 48);

}  // namespace

void ask_for_short_turns() noexcept {
    scheduling want;
    errno = 0;
    want.nice = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()));
    if (errno == 0) ::syscall(SYS_sched_setattr, 0, &want, 0);
}

void lower_own_session(int nice) noexcept {
    if (::getsid(0) != ::getpid()) return;
    const int fd = ::open("/proc/self/autogroup", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    const std::string text = std::to_string(nice);
    [[maybe_unused]] const auto n = ::write(fd, text.data(), text.size());
    ::close(fd);
}

}  // namespace mita

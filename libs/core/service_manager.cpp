#include "core/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace mita {

namespace {

std::string_view variable(const char* name) {
    const char* value = std::getenv(name);  // NOLINT: read at start, before threads
    return value == nullptr ? std::string_view() : std::string_view(value);
}

std::optional<std::int64_t> positive(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || end != text.data() + text.size() || value <= 0) return std::nullopt;
    return value;
}

}  // namespace

service_manager::service_manager() : socket_(variable("NOTIFY_SOCKET")) {
    const auto for_whom = positive(variable("WATCHDOG_PID"));
    if (for_whom && *for_whom != ::getpid()) return;
    if (const auto given = positive(variable("WATCHDOG_USEC"))) watchdog_ = std::chrono::microseconds(*given / 2);
}

void service_manager::tell(std::string_view state) const noexcept {
    sockaddr_un to{};
    if (socket_.empty() || socket_.size() >= sizeof to.sun_path) return;
    to.sun_family = AF_UNIX;
    std::memcpy(to.sun_path, socket_.data(), socket_.size());
    if (to.sun_path[0] == '@') to.sun_path[0] = '\0';  // the kernel's own name space
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return;
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    [[maybe_unused]] const auto sent =
        ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&to), size);
    ::close(fd);
}

}  // namespace mita

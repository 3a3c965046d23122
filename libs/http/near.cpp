#include "http/near.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <string>

namespace mita::http::near {

namespace {

using asio::ip::address_v4;

// An abstract name (unix(7)): of the network name space as the port is, gone with its owner.
struct name {
    explicit name(std::uint16_t port) {
        const std::string text = "mita/127.0.0.1:" + std::to_string(port);
        at.sun_family = AF_UNIX;
        std::memcpy(at.sun_path + 1, text.data(), text.size());
        size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
    }
    const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&at); }
    sockaddr_un at{};
    socklen_t size;
};

int open() { return ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

bool same_user(int fd) {
    ucred who{};
    socklen_t size = sizeof who;
    return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 && who.uid == ::geteuid();
}

}  // namespace

bool possible(const tcp::endpoint& bound) {
    const auto address = bound.address();
    return address.is_v4() && (address.to_v4() == address_v4::loopback() || address.to_v4() == address_v4::any());
}

int listen(const tcp::endpoint& bound, int backlog) {
    if (!possible(bound)) return -1;
    const int fd = open();
    if (fd < 0) return -1;
    const name n(bound.port());
    if (::bind(fd, n.data(), n.size) == 0 && ::listen(fd, backlog) == 0) return fd;
    ::close(fd);
    return -1;
}

int connect(const tcp::endpoint& to) {
    if (to.address() != asio::ip::address(address_v4::loopback())) return -1;
    const int fd = open();
    if (fd < 0) return -1;
    const name n(to.port());
    if (::connect(fd, n.data(), n.size) == 0 && same_user(fd)) return fd;
    ::close(fd);
    return -1;
}

std::optional<asio::ip::address> remote_of(const tcp_socket& socket) {
    error_code ec;
    const tcp::endpoint remote = socket.remote_endpoint(ec);
    if (ec) return std::nullopt;
    if (remote.data()->sa_family == AF_UNIX) return address_v4::loopback();
    return remote.address();
}

}  // namespace mita::http::near

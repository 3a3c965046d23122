#include "http/near.hpp"

#include "http/local_socket.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <string>

namespace mita::http::near {

namespace {

using asio::ip::address_v4;
using local_socket::name;

name name_of(std::uint16_t port) { return name("mita/127.0.0.1:" + std::to_string(port)); }

}  // namespace

bool possible(const tcp::endpoint& bound) {
    const auto address = bound.address();
    return address.is_v4() && (address.to_v4() == address_v4::loopback() || address.to_v4() == address_v4::any());
}

int listen(const tcp::endpoint& bound, int backlog) {
    if (!possible(bound)) return -1;
    const int fd = local_socket::open();
    if (fd < 0) return -1;
    const name n = name_of(bound.port());
    if (::bind(fd, n.data(), n.size) == 0 && ::listen(fd, backlog) == 0) return fd;
    ::close(fd);
    return -1;
}

int connect(const tcp::endpoint& to) {
    if (to.address() != asio::ip::address(address_v4::loopback())) return -1;
    const int fd = local_socket::open();
    if (fd < 0) return -1;
    const name n = name_of(to.port());
    if (::connect(fd, n.data(), n.size) == 0 && local_socket::same_user(fd)) return fd;
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

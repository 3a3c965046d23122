// Sockets of the kernel's own name space (unix(7), abstract): of the network name space as ports are, gone with their
// owner. Anybody may take a name, so both sides ask who the other is. Used by near (the short way between processes of
// a machine) and handover (listening sockets given on). Internal to libs/http.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string_view>

namespace mita::http::local_socket {

// At most 107 bytes; what is behind is cut.
struct name {
    explicit name(std::string_view text);
    const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&at); }
    sockaddr_un at{};
    socklen_t size;
};

int open();  // non-blocking, closed at exec; -1 and errno

// Does the process at the other end run as the user we are? (SO_PEERCRED)
bool same_user(int fd);

}  // namespace mita::http::local_socket

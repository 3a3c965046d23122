// The short way between two processes of one machine: beside each TCP port of IPv4 loopback a socket of the kernel's
// own name space, found by the port's name. An exchange over it does without TCP's segments, acknowledgements
// and checksums. Used by listener and client_connection; without it all goes over TCP.
#pragma once

#include "core/async.hpp"

#include <optional>

namespace mita::http::near {

// Does 127.0.0.1 lead to this endpoint? Only then there can be a short way beside it.
bool possible(const tcp::endpoint& bound);

// A listening descriptor beside the bound TCP endpoint, non-blocking; -1 when it is not possible, or the name is taken.
int listen(const tcp::endpoint& bound, int backlog);

// A connected descriptor, non-blocking, to whom listens beside `to`; -1: take TCP. Never waits. Anybody may take a
// name, so whoever listens must run as the user we are (SO_PEERCRED): a token is never given to another.
int connect(const tcp::endpoint& to);

// The address at the other end of a connected socket: loopback for the short way; nullopt when it is gone already.
std::optional<asio::ip::address> remote_of(const tcp_socket& socket);

}  // namespace mita::http::near

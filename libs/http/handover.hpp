// Listening sockets go from a running process to the one that takes its place (`serve --take-over`), so that no
// connection is refused and none that waits in a socket's queue is lost. Each listener offers its own beside its port,
// by a name of the kernel's (unix(7)), to processes of the same user alone. Used by listener.
#pragma once

#include "core/async.hpp"
#include "core/log.hpp"
#include "core/runtime.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace mita::http {

class taken_socket;

// The new process's side. Made before the listeners: what was got is there for them as a service manager's sockets are.
class takeover {
public:
    struct door {
        std::string name;  // as listener knows an inherited socket
        std::uint16_t port;
    };
    // A door that nobody offers is left to be opened as ever. Throws std::runtime_error where descriptors are taken.
    explicit takeover(const std::vector<door>& doors);
    ~takeover();
    takeover(const takeover&) = delete;
    takeover& operator=(const takeover&) = delete;

    // Ends the former process once `ready` is true (asked on worker 0). Before rt.run(); must live until it returns.
    void relieve_when(runtime& rt, std::function<bool()> ready);

private:
    std::vector<std::unique_ptr<taken_socket>> taken_;
};

// Gives `listening` to who asks, until close(). On one worker; must not be destroyed while running().
class socket_giver {
public:
    // relieved: called when who took the socket serves in our place.
    socket_giver(executor ex, logger& log, std::uint16_t port, int listening, std::function<void()> relieved);
    ~socket_giver();
    void start();
    void close();
    bool running() const;

private:
    struct impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace mita::http

// The two doors of a service: the public listener, which deals connections to every worker's server, and the internal
// one on worker 0. Opened once all is wired; the orderly stop of both and of their servers is part of it.
#pragma once

#include "core/runtime.hpp"
#include "core/settings.hpp"
#include "http/server.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mita::http {

// A server's options as the settings say. name: the service label.
server_options options_of(const common_settings& s, std::string name);

class doors {
public:
    // Throws std::runtime_error that names the settings of every door that cannot be had.
    // name: the service, under which a service manager may pass the public socket. Servers and runtime must outlive it.
    doors(runtime& rt, const common_settings& s, const std::string& name, std::vector<server*> outside, server& inside,
          logger& log);
    // One more to the world, at the same address, before open(): for TLS.
    void add_secure(const common_settings& s, const char* port_name, std::uint16_t port, const std::string& name,
                    std::vector<server*> servers);
    // Starts to listen and logs `listening`. Stop: what the kernel has accepted is served, then each server drains.
    void open();

private:
    runtime& rt_;
    std::vector<server*> outside_, secure_servers_;
    server& inside_;
    logger& log_;
    std::optional<listener> public_, internal_, secure_;
};

}  // namespace mita::http

#include "http/doors.hpp"

#include <cstdint>
#include <stdexcept>
#include <utility>

namespace mita::http {

server_options options_of(const common_settings& s, std::string name) {
    server_options o;
    o.name = std::move(name);
    o.handle_timeout = s.request_timeout;
    o.trusted_peers = s.trusted_peers;
    o.max_connections = s.max_connections / s.workers + 1;
    o.log_requests = s.log_requests;
    return o;
}

doors::doors(runtime& rt, const common_settings& s, const std::string& name, std::vector<server*> outside,
             server& inside, logger& log)
    : rt_(rt), outside_(std::move(outside)), inside_(inside), log_(log) {
    std::string faults;
    const auto open = [&](std::optional<listener>& door, const char* address_name, const std::string& address,
                          const char* port_name, std::uint16_t port, std::vector<server*> servers,
                          std::string inherit) {
        try {
            door.emplace(rt, address, port, std::move(servers), log, std::move(inherit));
        } catch (const listen_error& e) {
            faults +=
                (faults.empty() ? "" : "\n") + std::string(e.of_address ? address_name : port_name) + ": " + e.what();
        }
    };
    const auto& names = s.doors;
    open(public_, names.listen_name, s.listen, names.port_name, s.port, outside_, name);
    open(internal_, names.internal_listen_name, s.internal_listen, names.internal_port_name, s.internal_port, {&inside},
         name + "-internal");
    if (!faults.empty()) throw std::runtime_error(faults);
}

void doors::add_secure(const common_settings& s, const char* port_name, std::uint16_t port, const std::string& name,
                       std::vector<server*> servers) {
    try {
        secure_.emplace(rt_, s.listen, port, servers, log_, name + "-tls");
    } catch (const listen_error& e) {
        throw std::runtime_error(std::string(e.of_address ? s.doors.listen_name : port_name) + ": " + e.what());
    }
    for (server* const each : servers) secure_servers_.push_back(each);
}

void doors::open() {
    public_->start();
    internal_->start();
    if (secure_) secure_->start();
    {
        auto line = log_.info("listening");
        line.with("port", static_cast<int>(public_->port()));
        line.with("internal_port", static_cast<int>(internal_->port()));
        if (secure_) line.with("tls_port", static_cast<int>(secure_->port()));
    }
    rt_.on_stop(stop_stage::drain, 0, [this](deadline d) -> awaitable<void> {
        co_await public_->close();
        if (secure_) {
            co_await secure_->close();
        }
        co_await internal_->close();
        co_await inside_.drain(d);
    });
    for (unsigned i = 0; i < rt_.size(); ++i)
        rt_.on_stop(stop_stage::drain, i, [s = outside_[i]](deadline d) { return s->drain(d); });
    for (unsigned i = 0; i < secure_servers_.size(); ++i)
        rt_.on_stop(stop_stage::drain, i, [s = secure_servers_[i]](deadline d) { return s->drain(d); });
}

}  // namespace mita::http

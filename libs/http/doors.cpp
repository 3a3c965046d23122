#include "http/doors.hpp"

#include <utility>

namespace mita::http {

server_options options_of(const common_settings& s, std::string name) {
    server_options o;
    o.name = std::move(name);
    o.handle_timeout = s.request_timeout;
    o.trusted_peers = s.trusted_peers;
    o.max_connections = s.derived.max_connections / s.workers + 1;
    o.log_requests = s.log_requests;
    return o;
}

doors::doors(runtime& rt, const common_settings& s, const std::string& name, std::vector<server*> outside,
             server& inside, logger& log)
    : rt_(rt),
      outside_(std::move(outside)),
      inside_(inside),
      log_(log),
      public_(rt, s.listen, s.port, outside_, log, name),
      internal_(rt, s.internal_listen, s.internal_port, {&inside}, log) {}

void doors::open() {
    public_.start();
    internal_.start();
    log_.info("listening")
        .with("port", static_cast<int>(public_.port()))
        .with("internal_port", static_cast<int>(internal_.port()));
    rt_.on_stop(stop_stage::drain, 0, [this](deadline d) -> awaitable<void> {
        co_await public_.close();
        co_await internal_.close();
        co_await inside_.drain(d);
    });
    for (unsigned i = 0; i < rt_.size(); ++i)
        rt_.on_stop(stop_stage::drain, i, [s = outside_[i]](deadline d) { return s->drain(d); });
}

}  // namespace mita::http

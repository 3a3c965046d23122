#include "http/part_times.hpp"

#include <algorithm>

namespace mita::http {

void part_times::say(logger::line& to, clock::time_point began, clock::time_point ended) const {
    const auto part = [&to, &began](const char* name, clock::time_point until) {
        if (until == clock::time_point()) return;
        to.with(name, std::max(0.0, std::chrono::duration<double, std::milli>(until - began).count()));
        began = std::max(began, until);
    };
    part("verify_ms", admitted);
    part("read_ms", received);
    part("handle_ms", handled);
    part("write_ms", ended);
    if (connection.count() > 0) to.with("connection_ms", std::chrono::duration<double, std::milli>(connection).count());
}

}  // namespace mita::http

// `mita-x healthcheck`: asks a service on this machine whether it is ready. Blocking, at most 2 s; for container health
// checks.
#pragma once

#include "core/config.hpp"

#include <cstdint>
#include <string>

namespace mita::http {

// 0 when http://127.0.0.1:port/readyz answers 200, else 1 with the reason on stderr.
// The port is what the setting `port_name` says.
int check_ready(config& from, const std::string& port_name, std::int64_t fallback);

}  // namespace mita::http

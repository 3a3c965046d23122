// `mita-x healthcheck`: asks a service on this machine whether it is ready. Blocking, at most 2 s; for container health
// checks.
#pragma once

#include <cstdint>

namespace mita::http {

// 0 when http://127.0.0.1:port/readyz answers 200, else 1 with the reason on stderr.
int check_ready(std::uint16_t port);

}  // namespace mita::http

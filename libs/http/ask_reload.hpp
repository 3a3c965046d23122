// `mita-x reload`: asks the service that runs on this machine to read its settings again, and tells what came of it.
// Blocking, some seconds at most.
#pragma once

#include "core/config.hpp"

#include <cstdint>
#include <string>

namespace mita::http {

inline constexpr const char* reload_help =
    "have the running service read its settings again, as SIGHUP does; prints what took effect and what needs a "
    "restart; exit 1 when something is wrong, and all stays as it was";

// Where it is found: MITA_INTERNAL_LISTEN and the setting `port_name`, whose default is `fallback`; by
// MITA_INTERNAL_TOKEN. 0: done, what changed is on stdout; 1: it was not, and why is on stderr.
int ask_reload(config& from, const std::string& port_name, std::int64_t fallback);

}  // namespace mita::http

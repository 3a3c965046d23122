// `mita-auth serve`: wires runtime, workers, servers and the feed, and runs until SIGTERM. Returns the process's exit
// status.
#pragma once

#include "core/config.hpp"

namespace mita::auth {

int serve(config& from);

}  // namespace mita::auth

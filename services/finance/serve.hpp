// `mita-finance serve`: wires runtime, workers, servers and the feeds, and runs until SIGTERM. Returns the process's
// exit status.
#pragma once

#include "core/config.hpp"

namespace mita::finance {

int serve(config& from);

}  // namespace mita::finance

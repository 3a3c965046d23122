// `mita-finance serve`: wires runtime, workers, servers and the feeds, and runs until SIGTERM. Returns the process's
// exit status.
#pragma once

#include "core/config.hpp"

namespace mita::finance {

// take_over: from the process that has our ports, which is ended once this one is ready (http/handover.hpp).
int serve(config& from, bool take_over);

}  // namespace mita::finance

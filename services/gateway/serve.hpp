// `mita-gateway serve`: wires runtime, workers, the pass and the feed, and runs until SIGTERM. Returns the process's
// exit status.
#pragma once

#include "core/config.hpp"

namespace mita::gateway {

int serve(config& from);

}  // namespace mita::gateway

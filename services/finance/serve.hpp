// The commands of mita-finance. serve wires runtime, workers, servers and the feeds, and runs until SIGTERM; each
// returns the process's exit status.
#pragma once

#include "core/config.hpp"

namespace mita::finance {

int serve(config& from);
int show_config(config& from);
int run_migrations(config& from);
int healthcheck(config& from);

}  // namespace mita::finance

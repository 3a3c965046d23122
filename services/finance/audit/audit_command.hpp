// `mita-finance audit [--repair]`: are the stored sums what they are sums of? Over the whole database, some people at a
// time, beside a service that goes on.
#pragma once

#include "core/command_line.hpp"

namespace mita::finance {

// Each difference is a line on stdout, progress and the outcome are on stderr. Exit status: 0 all is as it must be (or
// is again), 1 differences are left or the database could not be asked.
void add_audit(command_line& cli);

}  // namespace mita::finance

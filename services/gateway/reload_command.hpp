// `mita-gateway reload`: has the gateway of this machine read again what it can without a restart. Returns the exit
// status: 0 done, 1 the old stays (why: on stderr).
#pragma once

#include "core/config.hpp"

namespace mita::gateway {

int reload(config& from);

}  // namespace mita::gateway

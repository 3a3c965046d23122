// `mita-auth doctor`: is everything there that the service needs? A line for each thing looked at, "ok" or "FAIL";
// changes nothing, sends nothing. Status 0 when all is well, 1 when not, 2 for wrong settings.
#pragma once

#include "core/config.hpp"

namespace mita::auth {

int doctor(config& from);

}  // namespace mita::auth

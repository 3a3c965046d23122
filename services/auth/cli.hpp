// The commands of mita-auth that are its own: calibrate, password hash | verify, jwt verify.
#pragma once

#include "core/command_line.hpp"

namespace mita::auth {

// Adds them. A judgement that cannot be made (a broken stored form, no secret for it, no keys) ends with status 2 and
// its reason on stderr; a password that does not match with 1.
void add_own_commands(command_line& cli);

}  // namespace mita::auth

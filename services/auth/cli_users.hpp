// The commands `mita-auth users …`: what an operator does with accounts while services run. No impersonation, no
// setting of passwords; each deed stands in the person's audit trail.
#pragma once

#include "core/command_line.hpp"

namespace mita::auth {

void add_user_commands(command_line& cli);

}  // namespace mita::auth

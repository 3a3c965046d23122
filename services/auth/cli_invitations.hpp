// `mita-auth invitations …`: who may register where registration is by invitation.
#pragma once

#include "core/command_line.hpp"

namespace mita::auth {

void add_invitation_commands(command_line& cli);

}  // namespace mita::auth

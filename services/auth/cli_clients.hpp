// `mita-auth clients …`: an operator's hand on the services that may ask auth by themselves.
#pragma once

#include "core/command_line.hpp"

namespace mita::auth {

void add_client_commands(command_line& cli);

}  // namespace mita::auth

// The commands `mita-auth keys …`: what an operator does with the signing keys, in the database, while services run.
// They follow within a second; a revoked key's tokens are dead everywhere within 100 ms.
#pragma once

#include "core/command_line.hpp"

namespace mita::auth {

void add_key_commands(command_line& cli);

}  // namespace mita::auth

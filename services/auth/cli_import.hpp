// `mita-auth users import`: accounts of another system, with the hashes of their passwords.
#pragma once

#include "core/command_line.hpp"

namespace mita::auth {

// Adds it to the group `users`.
void add_import(command_line& cli, CLI::App& users);

}  // namespace mita::auth

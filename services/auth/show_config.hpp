// `mita-auth config`: the settings, and what they do not say alone: MITA_JWT_ALGORITHM is for new keys; the active one
// in the database may be of another.
#pragma once

#include "core/config.hpp"

namespace mita::auth {

// Throws config_error as show_config. A difference is said on stderr; when the setting was given and the database
// cannot be asked (within 2 s), that too. Neither is an error.
int show_config_and_key(config& from);

}  // namespace mita::auth

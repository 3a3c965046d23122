// From which level on a logger writes, changed while it is in use. Used when settings are read again. Any thread.
#pragma once

#include "core/log.hpp"

namespace mita {

void set_level(logger& of, log_level to);

}  // namespace mita

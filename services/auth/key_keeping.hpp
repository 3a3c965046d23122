// The job that keeps the signing keys: publishes the next one in time, lets it sign when everybody has seen it, takes
// away what no token needs; and has this process follow what others, or the commands `keys …`, did. Called by serve.
#pragma once

#include "auth/app.hpp"

namespace mita::auth {

void keep_keys(runtime& loops, app& a);  // on worker 0

}  // namespace mita::auth

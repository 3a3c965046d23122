// What is over is forgotten: sessions that ended so long ago that no token of theirs can live, and revocations that no
// token needs any more. A job of worker 0, of each instance; bounded per step, so that it never holds many rows.
#pragma once

#include "auth/app.hpp"

namespace mita::auth {

// Makes it a job of the runtime (`housekeeping`, every MITA_HOUSEKEEPING_MS). Call before run(); `a` is worker 0's.
void keep_house(runtime& loops, app& a);

}  // namespace mita::auth

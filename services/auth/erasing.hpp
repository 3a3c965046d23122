// The job that has finance erase what it keeps of people who deleted their accounts. Used by serve.
#pragma once

#include "auth/app.hpp"
#include "core/runtime.hpp"
#include "http/client.hpp"

namespace mita::auth {

http::client_options finance_of(const settings& s);

// Does what is due, on worker 0, until it is done: whatever crashes is gone on with by any instance. finance: its
// internal listener; lives as long as the app.
void erase_at_finance(runtime& loops, app& a, http::client& finance);

}  // namespace mita::auth

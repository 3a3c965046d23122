// The job that sends what is queued: finds the person, makes the token and the words, hands the message over, tries
// again with growing pauses. One instance or many. Called by serve.
#pragma once

#include "auth/app.hpp"

#include <memory>

namespace mita::auth {

// On worker 0. Without a sender (MITA_MAIL_URL) what is queued is dropped and counted.
void send_mails(runtime& loops, app& a);

}  // namespace mita::auth

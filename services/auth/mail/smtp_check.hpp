// Does the mail server take us? Connects, begins TLS, logs in, sends nothing. Used by `mita-auth doctor`.
#pragma once

#include "auth/mail/sender.hpp"

namespace mita::auth {

// sent: it does. Blocks for at most the timeout.
delivered check_smtp(smtp_options options);

}  // namespace mita::auth

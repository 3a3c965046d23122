// Whom the calls of administrators are for. Used by handlers, behind access::recent.
#pragma once

#include "http/message.hpp"

namespace mita::auth {

void require_admin(const http::request& req);  // 403 forbidden to all others

}  // namespace mita::auth

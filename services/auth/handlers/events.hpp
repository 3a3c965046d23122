// A page of an audit trail, for its person or for an administrator. Used by handlers.
#pragma once

#include "auth/app.hpp"
#include "auth/audit/audit_event.hpp"
#include "http/message.hpp"

#include <string>

namespace mita::auth {

void append_event(std::string& out, const audit_event& e, bool for_admin);

// for_admin: says who did what, too.
awaitable<http::response> events_of(http::request& req, app& a, uuid subject, bool for_admin);

}  // namespace mita::auth

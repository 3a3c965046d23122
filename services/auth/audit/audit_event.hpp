// One event of the audit trail: who, what, from where, with what result (A2). Pure.
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"

#include <optional>
#include <string>

namespace mita::auth {

struct audit_event {
    uuid id;
    wall::time_point at;
    std::string service = "auth", action, result;
    std::optional<uuid> actor, subject;
    std::string ip, user_agent, request_id;
};

}  // namespace mita::auth

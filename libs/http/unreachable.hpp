// No connection could be made: nothing was sent, so that any request may be tried elsewhere. Used by client_pool and by
// who has several instances to ask.
#pragma once

#include "http/client.hpp"

namespace mita::http {

struct unreachable : upstream_error {
    explicit unreachable(const char* what) : upstream_error(what, true) {}
};

}  // namespace mita::http

// Who wants to know how long the request at hand waited for a connection to the service that answers it: the session,
// for the log's line of a slow one. A request's `from` is one where there is a session. On the request's worker.
#pragma once

#include <chrono>

namespace mita::http {

class connection_wait {
public:
    virtual ~connection_wait() = default;
    virtual void waited(std::chrono::microseconds for_a_connection) = 0;
};

}  // namespace mita::http

// Sends an admitted request on to a service and brings the answer back. Buffers are reused per worker: after warm-up
// only the answer's own strings grow. Used by the pass.
#pragma once

#include "http/client.hpp"
#include "http/client_flight.hpp"
#include "http/message.hpp"

#include <memory>
#include <string>
#include <vector>

namespace mita::gateway {

class proxy {
public:
    // Fills res with the service's answer. keyed: the service does what one Idempotency-Key asks for once only, so that
    // such a request may be sent again. Throws upstream_error, deadline_exceeded, overloaded.
    awaitable<void> forward(const http::request& req, http::response& res, http::client& to, bool keyed);
    // For a request without a body that others follow: puts it into their flight; and brings the answer to the first of
    // those not answered yet, as above.
    void join(const http::request& req, http::client_flight& flight);
    awaitable<void> forward(const http::request& req, http::response& res, http::client_flight& flight);

private:
    struct scratch {
        std::string head;
        http::client_response answer;
    };
    std::unique_ptr<scratch> take();
    void give_back(std::unique_ptr<scratch> s);

    std::vector<std::unique_ptr<scratch>> free_;
};

}  // namespace mita::gateway

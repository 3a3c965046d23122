// Sends an admitted request on to an instance of a service and brings the answer back; one that could not be sent, or
// may be repeated, is tried at another when the first gives no answer. Buffers are reused per worker: after warm-up
// only the answer's own strings grow. Used by the pass.
#pragma once

#include "gateway/upstream/relayed_stream.hpp"
#include "gateway/upstream/upstream.hpp"
#include "http/client.hpp"
#include "http/client_flight.hpp"
#include "http/message.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mita::gateway {

// Safe requests of one client on their way to one instance together.
struct companions {
    companions(upstream& service, errand first) : to(service), on(std::move(first)), flight(on->at) {}
    upstream& to;
    errand on;
    http::client_flight flight;
};

class proxy {
public:
    // Fills res with the service's answer, and says how long it took and of that waited for a connection. keyed: the
    // service does what one Idempotency-Key asks for once only, so that such a request may be sent again. Throws
    // upstream_error, deadline_exceeded, overloaded.
    awaitable<void> forward(http::request& req, http::response& res, upstream& to, bool keyed);
    // Likewise, for what is answered by a stream: res goes on when its head is here. `place`: its own.
    awaitable<void> forward_stream(http::request& req, http::response& res, upstream& to,
                                   std::unique_ptr<stream_place> place, std::chrono::milliseconds silence);
    // For a request without a body that others follow: puts it among them; and brings the answer to the first of those
    // not answered yet, as above.
    void join(const http::request& req, companions& with);
    awaitable<void> forward(http::request& req, http::response& res, companions& with);

private:
    struct scratch {
        std::string head;
        http::client_response answer;
    };
    static awaitable<errand> first_of(upstream& to, const http::request& req);
    std::unique_ptr<scratch> take();
    void give_back(std::unique_ptr<scratch> s);

    std::vector<std::unique_ptr<scratch>> free_;
};

}  // namespace mita::gateway

// Sends an admitted request on to its upstream and brings the answer back: hop-by-hop hygiene (R8-R10, R17), identity
// and tracing headers, the remaining deadline. Buffers are reused per worker: after warm-up only the answer's own
// strings grow.
#pragma once

#include "gateway/app.hpp"
#include "http/client.hpp"
#include "http/message.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mita::gateway {

class proxy {
public:
    explicit proxy(app& a) : app_(a) {}

    // Fills res with the upstream's answer. keyed: the upstream does what one Idempotency-Key asks for once only, so
    // that such a request may be sent again. Throws upstream_error, deadline_exceeded, overloaded.
    awaitable<void> forward(const http::request& req, http::response& res, http::client& to, bool keyed);

private:
    struct scratch {
        std::string head;
        http::client_response answer;
    };
    std::unique_ptr<scratch> take();
    void give_back(std::unique_ptr<scratch> s);

    app& app_;
    std::vector<std::unique_ptr<scratch>> free_;
};

// The request head as upstream gets it, ending in the empty line. Exposed for its tests.
void write_upstream_head(std::string& out, const http::request& req, std::size_t body_size);
// Copies what of an answer's headers may pass to the client into res.head_block.
void copy_answer_headers(http::response& res, const http::header_list& from);

}  // namespace mita::gateway

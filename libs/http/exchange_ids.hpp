// X-Request-Id and W3C trace context of one exchange: accepted or made, held in place (no allocation). Used by the
// server.
#pragma once

#include "http/message.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace mita::http {

// Random numbers that need not be secret (ids): xoshiro256**, seeded from the system. One per worker.
class id_source {
public:
    id_source();
    std::uint64_t next();

private:
    std::array<std::uint64_t, 4> s_;
};

// ^[A-Za-z0-9._-]{1,64}$
bool valid_request_id(std::string_view s);

class exchange_ids {
public:
    // Sets req.id (the client's when it is valid, as an id names nobody, else a new UUIDv7), trace_id, parent_span,
    // span_id, trace_flags. `good_head`: the headers can be believed.
    void assign(request& req, bool good_head, id_source& random);

private:
    std::array<char, 36> id_;
    std::array<char, 32> trace_;
    std::array<char, 16> span_;
};

}  // namespace mita::http

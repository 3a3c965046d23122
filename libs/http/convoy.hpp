// What a service may add when it can handle requests that a client sent behind one another together: the gateway sends
// them on in one write. Used by sessions (session_ahead.cpp): they take such requests ahead, answer in order, and let
// nothing begin behind one that is not safe.
#pragma once

#include "http/message.hpp"
#include "http/server.hpp"

#include <memory>

namespace mita::http {

// Requests taken ahead, in order. It ends with its session, whatever is still to come.
class convoy {
public:
    virtual ~convoy() = default;
    // Takes an admitted request without a body along; false: that one goes another way. `req` is not kept.
    virtual bool join(const request& req) = 0;
    // As service::handle, for the first that joined and was not handled yet.
    virtual awaitable<void> handle(request& req, response& res) = 0;
};

class convoy_service : public service {
public:
    // For an admitted request that others follow; it joins first. Null: it goes alone.
    virtual std::unique_ptr<convoy> make_convoy(const request& first) = 0;
};

// So many requests of a connection are taken ahead at most.
inline constexpr std::size_t most_ahead = 15;

}  // namespace mita::http

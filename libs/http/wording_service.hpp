// A service that has a word to add where its server refuses a good head by itself: too busy, a body too large or too
// slow. The pass of the gateway is one, for OAuth's members of a problem.
#pragma once

#include "http/message.hpp"

namespace mita::http {

class wording_service {
public:
    virtual ~wording_service() = default;
    // `problem` is complete; must not throw.
    virtual void add_to(response& problem, const request& req) = 0;
};

}  // namespace mita::http

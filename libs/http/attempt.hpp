// How an attempt to ask an instance ended without an answer: whose fault it is, and whether another is worth asking.
// Used by who sends requests on.
#pragma once

#include "core/deadline.hpp"

#include <exception>

namespace mita::http {

constexpr unsigned most_attempts = 3;

struct attempt {
    std::exception_ptr fault;
    bool sent = true;      // may the instance have the request?
    bool its_own = false;  // a failure of the instance
    bool over = true;      // nothing would be gained by asking another
};

attempt failure_of(std::exception_ptr fault, deadline::clock::time_point begun);

}  // namespace mita::http

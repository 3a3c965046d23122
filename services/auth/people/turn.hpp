// Waits for one's turn with what belongs to one person: the database says "busy" and nobody waits there on a connection
// that others share. Used by the stores that take lock_person(). On the caller's executor.
#pragma once

#include "core/async.hpp"
#include "core/deadline.hpp"

namespace mita::auth {

class turn {
public:
    explicit turn(deadline d);
    // A short pause, somewhat random, longer each time. Throws overloaded after 2 s of them.
    awaitable<void> wait();

private:
    deadline patience_;
    unsigned attempt_ = 0;
};

}  // namespace mita::auth

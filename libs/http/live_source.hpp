// A body that goes on for as long as both sides like (events). Its answer says Connection: close and counts as begun,
// timed and logged once its first piece has left; it is no request under way from then on, and a server that drains
// tells it (R25). Its next() waits as long as it likes, by deadlines of its own, and is asked again when the former
// piece was taken: a client that reads slowly has one piece waiting, and is cut after server_options::write_timeout.
// Sessions look for it; finance and the gateway derive theirs.
#pragma once

#include "http/message.hpp"

namespace mita::http {

class live_source : public body_source {
public:
    // The server stops: end soon, with a word of leave. On the source's worker, once; a waiting next() is woken through
    // the executor, never inside.
    virtual void wind_up() = 0;
};

}  // namespace mita::http

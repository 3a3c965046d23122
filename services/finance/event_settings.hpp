// What streams of events are told by the environment. Made before settings, which says whatever is wrong at once.
#pragma once

#include "finance/settings.hpp"

#include <chrono>
#include <cstddef>

namespace mita::finance {

struct event_settings {
    explicit event_settings(config& from);

    std::size_t most;                     // of the instance
    unsigned most_of_one;                 // of a person
    std::chrono::milliseconds heartbeat;  // of a stream
};

// For `config`.
struct every_setting {
    explicit every_setting(config& from) : events(from), own(from) {}
    event_settings events;
    settings own;
};

}  // namespace mita::finance

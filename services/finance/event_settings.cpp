#include "finance/event_settings.hpp"

namespace mita::finance {

event_settings::event_settings(config& from)
    : most(static_cast<std::size_t>(from.integer("MITA_EVENT_STREAMS", 4'000, 1, 1'000'000))),
      most_of_one(static_cast<unsigned>(from.integer("MITA_EVENT_STREAMS_OF_ONE", 8, 1, 1'000))),
      heartbeat(from.duration_ms("MITA_EVENT_HEARTBEAT_MS", 15'000, 100, 60'000)) {}

}  // namespace mita::finance

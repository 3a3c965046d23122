// The feed as text/event-stream (HTML, 9.2): what GET /v1/events writes. Pure. Used by handlers/event_stream.
#pragma once

#include <string>
#include <string_view>

namespace mita::finance {

// One entry of GET /v1/changes. id: the cursor behind it; empty: none, where the reader is stays as it was.
void append_change(std::string& out, std::string_view id, std::string_view entry);
// What keeps proxies from taking the stream for dead.
inline constexpr std::string_view heartbeat_text = ":\n\n";
// The first words: when to come back, should it end.
std::string hello_text(unsigned retry_ms);
// The last: why it ends. expired: of a cursor that is too old, read anew; unauthorized: the token's end; restart: of
// the service, come back with the last id.
std::string farewell_text(std::string_view reason, unsigned retry_ms);

}  // namespace mita::finance

// W3C Trace Context, levels 1 and 2: what a request's traceparent and tracestate say, read strictly. Used by
// exchange_ids and by the gateway, which sends both on. No allocation while reading.
#pragma once

#include "http/message.hpp"

#include <string>
#include <string_view>

namespace mita::http {

struct trace_context {
    std::string_view trace_id, parent_id;
    std::string_view flags;  // a literal: "00" to "03", sampled (1) and random (2); the others are sent as 0
};

// Version 00 exactly, higher versions by their first four fields (of their flags only `sampled` is known); ff, upper
// case and zero ids are refused.
bool parse_traceparent(std::string_view s, trace_context& out);

// Appends the members of all tracestate lines in their order, joined by commas; of a key that stands twice its first,
// which is the newest. Beyond 512 characters whole members are left out, first those over 128, then the last ones
// (3.3.1.5). Appends nothing and returns false when there is no member, one is malformed, or there are more than 32:
// the list goes as a whole. Only for requests whose traceparent was valid.
bool append_tracestate(std::string& out, const header_list& headers);

}  // namespace mita::http

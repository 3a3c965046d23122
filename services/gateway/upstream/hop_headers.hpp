// Hop-by-hop hygiene between client and services, both ways (R8-R10, R16-R18): what of a request is sent on, under
// which identity, trace and deadline, and what of an answer may pass. Used by the proxy.
#pragma once

#include "http/message.hpp"

#include <cstddef>
#include <string>

namespace mita::gateway {

// The request head as a service gets it, ending in the empty line, instead of what `out` held.
void write_upstream_head(std::string& out, const http::request& req, std::size_t body_size);
// Appends what of an answer's headers may pass to the client to res.head_block; plain JSON, with no encoding, becomes
// res.content_type instead, so that nobody has to look for it.
void copy_answer_headers(http::response& res, const http::header_list& from);

}  // namespace mita::gateway

// Entity tags on answers, and "not modified" before the work is done (RFC 9110 8.8.3, 13.1.2). Used by handlers that
// know a resource's tag sooner than its text; message.hpp has the rest.
#pragma once

#include "http/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mita::http {

// A tag of what a text is: for what has no version of its own (FNV-1a, 64 bits; the same in every instance and build).
std::string tag_of_text(std::string_view text);

// A read's answer with the tag of its own text, or 304: for small lists that are made anew each time.
response tagged_by_text(const request& req, response whole);

// The strong ETag `tag` (opaque, without quotes).
response& with_etag(response& r, std::string_view tag);

// 304 with that tag when If-None-Match of a read names it, else nullopt. `caching` as json_with_etag.
std::optional<response> not_modified(const request& req, std::string_view tag,
                                     std::string_view caching = "private, no-cache");

}  // namespace mita::http

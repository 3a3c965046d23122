// What keyed POSTs have in common that need nothing but their request. Used by the handlers of nouns; those that
// remember what they wrote call write_once themselves.
#pragma once

#include "core/clock.hpp"
#include "finance/app.hpp"
#include "finance/once/write_once.hpp"

#include <optional>
#include <string>

namespace mita::finance {

// As keyed_attempt.
using keyed_try_of = awaitable<keyed_try> (*)(app&, const http::request&, json_document& body, const keyed_request*);

// Takes no query; a path's ids are read before the body. What this process remembers of the person is forgotten.
// Throws as write_once.
awaitable<http::response> write_keyed(http::request& req, app& a, keyed_try_of attempt, keyed_form form = {});

// Of what takes no members: none, or {}.
inline constexpr keyed_form without_body{true, false, {}};
void refuse_members(json_document& body);

// A first answer of :restore given again says what its key did. That it is undone by now is said instead: throws
// api_error 409 deleted_since.
void refuse_if_deleted_since(const std::string& noun, std::optional<wall::time_point> deleted_at);

}  // namespace mita::finance

// The one way to create or move anything: the body is parsed once, the key claimed in this process, the person's turn
// taken, the write tried until it is settled, its first answer kept and given again to whoever repeats the request,
// here or on another instance. A noun gives one try: judge the body, write with keyed_sql.hpp, say what came of it.
#pragma once

#include "core/json_reader.hpp"
#include "finance/once/kept_answer_store.hpp"
#include "finance/once/keyed_sql.hpp"
#include "finance/once/write_turns.hpp"
#include "http/message.hpp"

#include <functional>

namespace mita::finance {

// What the way of a write needs of its worker and process (app::way).
struct write_way {
    write_turns& turns;
    kept_answer_store kept;
    executor on;
};

// How a keyed request may look.
struct keyed_form {
    bool key_required = true;
    bool body_required = true;  // if not, none reads as {}
    json_limits limits = {};    // of the body
};

struct keyed_try {
    http::response answer;  // when it was written
    write_outcome came;
};
// body: as new at each try; key: null without one; n: 0 the first time. What is refused (api_error) may have been
// accepted when the key was new: then the first answer is given instead.
using keyed_attempt = std::function<awaitable<keyed_try>(json_document& body, const keyed_request* key, int n)>;

// Throws what the attempt throws; api_error 400 for a bad or missing key or malformed JSON, 409 while a request with
// the same key is worked on in this process, 422 for the key of another body; overloaded.
awaitable<http::response> write_once(write_way way, http::request& req, keyed_form form, keyed_attempt attempt);

}  // namespace mita::finance

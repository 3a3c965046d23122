// The table of first answers: a keyed request's answer is kept with its effect and given again when it is repeated.
// Used by write_once; the row itself is written in the effect's own statement (keyed_sql.hpp).
#pragma once

#include "core/deadline.hpp"
#include "db/pool.hpp"
#include "finance/once/keyed_sql.hpp"

#include <optional>

namespace mita::finance {

// fingerprint, status, headers, body: four columns of r from `column` on.
kept_answer kept_from(const db::row& r, int column);

// Throws db::error, deadline_exceeded, overloaded.
class kept_answer_store {
public:
    explicit kept_answer_store(db::pool& db) : db_(db) {}

    awaitable<std::optional<kept_answer>> find(const uuid& user, const keyed_request& key, deadline d);
    // Keeps an answer that came without an effect.
    awaitable<write_outcome> keep(const uuid& user, const keyed_answer& answer, deadline d);
    // Forgets answers kept longer than the promised time, some thousand at once; true: there may be more.
    awaitable<bool> forget_old(deadline d);

private:
    db::pool& db_;
};

}  // namespace mita::finance

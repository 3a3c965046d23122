// The two ends of a keyed write's statement (schema: begin_keyed), and what goes between a noun and the table of first
// answers. A noun's store joins `keyed_ledger` or `keyed_budget`, its own effects, each reading `u`, and `keyed_end`;
// it passes the person, a keyed_answer and the versions the write was judged by as the first parameters, and reads what
// came of it with outcome_of.
#pragma once

#include "core/clock.hpp"
#include "db/params.hpp"
#include "db/row.hpp"
#include "db/statement.hpp"
#include "finance/once/idempotency.hpp"

#include <cstdint>
#include <optional>

namespace mita::finance {

// $1: the person; $2 to $8: keyed_answer; $9, $10: state_before. The effects' own parameters begin with $11. `u` has
// one row, user_id, when the write may happen, else none.
inline constexpr char keyed_ledger[] =
    "with k as materialized (select * from begin_keyed($1::uuid, $2::text, $3::text, $4::bytea, $5::integer, $6::text, "
    "$7::text, $8::timestamptz, 'ledger', $9::bigint, $10::bigint)), "
    "u as (select writer as user_id from k where writer is not null)";
inline constexpr char keyed_budget[] =
    "with k as materialized (select * from begin_keyed($1::uuid, $2::text, $3::text, $4::bytea, $5::integer, $6::text, "
    "$7::text, $8::timestamptz, 'budget', $9::bigint, $10::bigint)), "
    "u as (select writer as user_id from k where writer is not null)";
inline constexpr char keyed_end[] = " select writer is not null, kept_print, kept_code, kept_head, kept_answer from k";

// The versions a write was judged by; nullopt: it holds whatever that one is.
struct state_before {
    std::optional<std::int64_t> ledger_version, budget_version;
    void add_to(db::params& to) const;
};

// An answer on its way into the table, with its request's key; without a key it is not kept. Views both.
struct keyed_answer {
    const keyed_request* key;  // may be null
    const http::response& answer;
    wall::time_point at;
    void add_to(db::params& to) const;
};

struct write_outcome {
    enum class kind {
        moved,     // the state is another by now: read again
        written,   //
        replayed,  // the key has an answer already: `kept`
    };
    kind how = kind::moved;
    kept_answer kept;
};
write_outcome outcome_of(const db::rows& rows);

}  // namespace mita::finance

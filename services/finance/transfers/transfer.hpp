// A transfer as stored and as answered: two transactions, its legs, that are one thing. Used by the transfers' own
// body, store and handlers, and by the feed. A value.
#pragma once

#include "finance/ledger/transaction.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mita::finance {

// What pairing took from a transaction that counts nowhere since, for unpairing.
struct put_aside {
    uuid id;  // of the transaction
    std::string bill_id;
    bool bill_unlinked = false;
    std::vector<transaction_line> lines;
};

struct transfer {
    uuid id;
    transaction from, to;  // what left (negative), what arrived (positive); in one currency they sum to 0 (L1)
    bool paired = false;   // of two transactions that were there before
    std::vector<put_aside> before;
    std::int64_t version = 1;
    wall::time_point created_at{}, updated_at{};
    std::optional<wall::time_point> deleted_at;

    // Counts in the plan: between an account on budget and one off it, with a category. Null: neither leg does.
    const transaction* counted() const { return from.counts ? &from : to.counts ? &to : nullptr; }
};

// A leg as the next version; a leg without category and bill.
void move_on(transaction& leg, wall::time_point now);
void count_nowhere(transaction& leg);

// The members of proto-json/schemas/transfer.json, without the braces.
void append_members(json_out& out, const transfer& t);
void append(json_out& out, const transfer& t);  // as an object

std::string tag_of(const transfer& t);  // strong, without quotes

}  // namespace mita::finance

// Two transactions that were there become a transfer, and are two again: the body of :pair, and what pairing and
// unpairing make of them. Used by the transfers' handlers. Pure.
#pragma once

#include "core/json_reader.hpp"
#include "finance/ledger/transaction_body.hpp"
#include "finance/transfers/transfer.hpp"

#include <array>
#include <optional>
#include <utility>

namespace mita::finance {

struct pairing {
    std::optional<uuid> id;  // the client's
    std::array<uuid, 2> of;  // the transactions, in the order they are named
};
// Throws api_error 422.
pairing read_pairing(json_document& doc);

// The transfer of these two (null: there is none with that id), each version moved on: a leg that counts keeps all it
// has, the other's categories, splits and bill are put aside. Throws api_error 422 with every finding at
// /transaction_ids.
transfer paired(const pairing& what, const std::array<const transaction*, 2>& of, const entry_rules& rules);

// Its legs as they were before pairing, but for what was changed in them since; versions moved on. Precondition:
// paired.
std::pair<transaction, transaction> unpaired(const transfer& t, const entry_rules& rules);

}  // namespace mita::finance

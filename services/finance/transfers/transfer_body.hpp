// Reads the bodies of POST and PATCH /v1/transfers and of :pair, every finding at once, and says what pairing and
// unpairing make of two transactions. Pure.
#pragma once

#include "core/json_reader.hpp"
#include "finance/ledger/transaction_body.hpp"
#include "finance/transfers/transfer.hpp"

#include <array>
#include <optional>
#include <utility>

namespace mita::finance {

// A new one with its legs, version 1. Without from_account_id or to_account_id that side is the first account.
// booked_on: as given, else today; arrives_on: as given, else the same. Throws api_error 422.
transfer read_new_transfer(json_document& doc, const entry_rules& rules);

// `before` with a JSON Merge Patch applied; versions and updated_at are moved on. In one currency to_money follows
// money, on one day arrives_on follows booked_on; an account of another currency has its money given anew. What counts
// nowhere any more loses its category and its bill. Throws api_error 422; 409 paired where the transactions of a pair
// would be others: those are the bank's.
transfer read_transfer_patch(json_document& doc, const transfer& before, const entry_rules& rules);

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

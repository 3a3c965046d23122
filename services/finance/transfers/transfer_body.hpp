// Reads the bodies of POST and PATCH /v1/transfers, every finding at once. Pure.
#pragma once

#include "core/json_reader.hpp"
#include "finance/ledger/transaction_body.hpp"
#include "finance/transfers/transfer.hpp"

namespace mita::finance {

// A new one with its legs, version 1. Without from_account_id or to_account_id that side is the first account.
// booked_on: as given, else today; arrives_on: as given, else the same. Throws api_error 422.
transfer read_new_transfer(json_document& doc, const entry_rules& rules);

// `before` with a JSON Merge Patch applied; versions and updated_at are moved on. In one currency to_money follows
// money, on one day arrives_on follows booked_on; an account of another currency has its money given anew. What counts
// nowhere any more loses its category and its bill. Throws api_error 422; 409 paired where the transactions of a pair
// would be others: those are the bank's.
transfer read_transfer_patch(json_document& doc, const transfer& before, const entry_rules& rules);

}  // namespace mita::finance

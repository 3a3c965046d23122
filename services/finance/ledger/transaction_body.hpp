// Reads the bodies of POST and PATCH /v1/transactions into transactions, every finding at once. Pure.
#pragma once

#include "core/json_reader.hpp"
#include "finance/accounts/account.hpp"
#include "finance/categories/category_book.hpp"
#include "finance/domain/zone.hpp"
#include "finance/ledger/transaction.hpp"
#include "finance/payees/payee_meant.hpp"

#include <optional>
#include <string>

namespace mita::finance {

// What a body is judged by.
struct entry_rules {
    zone where;  // the person's
    wall::time_point now;
    const category_book& book;
    const account_book& accounts;    // a transaction is in the currency of its own; without one it is of the first
    payees_meant* payees = nullptr;  // whom texts mean, as far as that is known; a new payee is added

    civil_day today() const { return local_today(where, now); }
};

// The leg that leaves, of a transfer between two accounts on budget: it counts nowhere, but may be what was planned.
bool may_be_planned(const transaction& t, const account_book& accounts);

// Days a transaction may be booked on: from 1970 to a year ahead.
inline constexpr civil_day first_booking_day{};
inline constexpr std::chrono::days booked_ahead{366};

// Of what a transaction says of itself, in Unicode code points.
inline constexpr std::size_t longest_payee = 200, longest_note = 1000, longest_tag = 50;
inline constexpr std::size_t most_tags = 20;

// What to know of payees before a body is read: the word of the one it names, if it does.
std::optional<std::string> payee_named(const boost::json::value& body);
// Does it name neither a category nor splits? Then its payee's usual category is taken.
bool names_no_category(const boost::json::value& body);

// A new one, with its id (the client's, else a new one), version 1. booked_on: as given, else the local day of
// occurred_at, else today. payee_id: as rules.payees has it, else a new one. Throws api_error 422
// (fields.hpp). The document has a client's id at /id for the caller.
transaction read_new_transaction(json_document& doc, const entry_rules& rules);

// `before` with a JSON Merge Patch (RFC 7396) applied: null clears; category and splits replace each other; an amount
// alone is refused for a split transaction; in an account of another currency money is given anew. bill_id: an
// occurrence's id links, "none" pays no bill, null leaves it to matching. What `before` has may stay: categories and
// accounts archived since, texts as they are. Of a leg of a transfer
// money, day and account are the transfer's, and one that counts nowhere has neither category nor bill (transfer_leg).
// Version and updated_at are moved on. Throws api_error 422.
transaction read_transaction_patch(json_document& doc, const transaction& before, const entry_rules& rules);

}  // namespace mita::finance

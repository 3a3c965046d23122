// A transaction as stored and as answered. Spending is negative. Used by the ledger's store and handlers, and by day
// and today, which show transactions too.
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "finance/accounts/account.hpp"
#include "finance/domain/civil_time.hpp"
#include "finance/domain/money.hpp"
#include "finance/wire/json_out.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mita::finance {

struct transaction_line {
    std::string category;
    amount value = 0;
    std::optional<std::string> note;
};

struct transaction {
    uuid id;
    uuid account_id;
    bool counts = true;  // in the plan: its account is on budget, and it is no transfer between two such accounts
    civil_day booked_on;
    std::optional<wall::time_point> occurred_at;
    amount value = 0;  // = Σ lines (L3)
    std::string currency;
    std::optional<std::string> payee, note;
    std::optional<uuid> payee_id;  // whom the payee means
    std::vector<std::string> tags;
    bool cleared = false;                 // the bank has confirmed it, or somebody said so
    std::vector<transaction_line> lines;  // one: `category`; more: `splits`
    std::string bill_id;                  // of the occurrence it was linked to by hand; empty: none
    bool bill_unlinked = false;
    std::optional<uuid> transfer_id;    // it is a leg of that one; one that does not count has one line, of no category
    std::optional<uuid> other_account;  // of a leg: where the other one stands; not stored with it
    std::int64_t version = 1;
    wall::time_point created_at, updated_at;
    std::optional<wall::time_point> deleted_at;
};

// Of a leg: which way its transfer goes.
std::optional<route> route_of(const transaction& t);

// Is it shown by `splits`?
bool is_split(const transaction& t);

// The members of proto-json/schemas/transaction.json, without the braces (an answer may add to them).
void append_members(json_out& out, const transaction& t);
void append(json_out& out, const transaction& t);  // as an object

// The strong ETag of a transaction, without quotes.
std::string tag_of(const transaction& t);

}  // namespace mita::finance

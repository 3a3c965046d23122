// Reads the members of a transaction's body, each with its findings: what a POST and a PATCH have in common. Used by
// transaction_body.
#pragma once

#include "core/json_reader.hpp"
#include "finance/accounts/account.hpp"
#include "finance/ledger/transaction.hpp"
#include "finance/ledger/transaction_body.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mita::finance {

// Is it there, and not null?
bool given(const json_object& in, std::string_view name);
std::optional<amount> total_of(const std::vector<transaction_line>& lines);

struct transaction_reader {
    json_document& doc;
    json_object in;
    const entry_rules& rules;
    const account* of;  // the account it is booked in

    // before: what the transaction has may stay, archived or not.
    void read_account(const transaction* before);
    void put_into(transaction& t);
    std::optional<amount> money(json_object& from);
    // A transaction of several lines may sum to nothing (an exchange), a line may not.
    std::optional<amount> total();
    std::optional<amount> merged(amount before, bool of_lines);
    void refuse_zero(json_object& from, std::optional<amount> v);
    bool on_a_sane_day(civil_day day) const;
    std::optional<civil_day> booked_on(bool required);
    std::optional<wall::time_point> occurred_at();
    // before: what the transaction has may stay, archived or not.
    std::optional<std::string> category(json_object& from, const transaction* before);
    // Of a new one: as given, else its payee's, while that is a category.
    std::optional<std::string> new_category(const transaction& t);
    std::optional<std::string> usual_category(const std::string& payee);
    // null, and what shows nothing, means nobody.
    void payee(transaction& t, const std::optional<std::string>& before);
    std::vector<transaction_line> splits(std::optional<amount> value, const transaction* before);
    std::vector<std::string> tags(std::span<const std::string> before = {});
    void link(transaction& t);
    // Bills are the plan's.
    void judge_link(const transaction& t);
    // What a leg of a transfer has in common with it is changed there.
    void judge_leg(const transaction& t, const transaction& before);
    // Of one that counts nowhere: no category and no splits, as it is shown.
    void refuse_lines();
    void conflict();

private:
    // The note of a line, when a line before had the same.
    static std::optional<std::string> note_like(json_object& item, const transaction* before);
};

}  // namespace mita::finance

// Where money is: a person's accounts, as stored and as answered. Used by the accounts' own store and handlers, and by
// every write of a transaction, which is judged by them.
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "finance/domain/money.hpp"
#include "finance/wire/json_out.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mita::finance {

enum class account_kind : std::uint8_t { cash, bank, card, loan, savings, investment };
std::string_view name(account_kind k);
std::optional<account_kind> parse_account_kind(std::string_view text);

struct account {
    uuid id;
    std::string name;
    account_kind kind = account_kind::bank;
    std::string currency;
    amount opening = 0;     // what it held before its first transaction
    bool on_budget = true;  // what is booked in it counts in the plan; of the person's currency then
    bool archived = false;
    bool first = false;  // the one everybody has: a transaction that names none is of it
    int position = 0;
    std::int64_t version = 1;
    wall::time_point created_at{}, updated_at{};
};

// Money at hand: cash or a bank account in use, on budget, of the plan's currency. account_is_cash (account_rows.hpp)
// says the same of a row.
bool is_cash(const account& a, std::string_view plan_currency);

// From one account to another.
struct route {
    uuid from, to;
    auto operator<=>(const route&) const = default;
};

// Where it stands in the order of the list, as bytes of that order.
std::string place_of(const account& a);
void append(json_out& out, const account& a);  // as an object
std::string tag_of(const account& a);          // strong, without quotes

// The accounts of one person. A value.
class account_book {
public:
    account_book() = default;
    // all: in the order of the list, the first account among them.
    explicit account_book(std::vector<account> all) : all_(std::move(all)) {}

    const std::vector<account>& entries() const { return all_; }
    const account* find(const uuid& id) const;
    // The one everybody has. Precondition: the book is somebody's.
    const account& first() const;
    // Did the person say what an account of cash holds? The one everybody has counts once it has an opening balance.
    bool knows_cash(std::string_view plan_currency) const;

private:
    std::vector<account> all_;
};

}  // namespace mita::finance

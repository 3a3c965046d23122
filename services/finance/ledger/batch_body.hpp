// Reads the body of POST /v1/transactions:batch: each item as the body of a POST is read, each with findings of its
// own. Pure.
#pragma once

#include "core/error.hpp"
#include "core/json_reader.hpp"
#include "finance/ledger/transaction_body.hpp"

#include <cstddef>
#include <optional>
#include <vector>

namespace mita::finance {

inline constexpr std::size_t most_in_batch = 1000;
// What a body of a thousand may hold, splits among it.
inline constexpr json_limits batch_limits{.depth = 32, .members = 100'000};

struct batch_item {
    transaction entry;
    std::optional<api_error> refused;  // then the entry is none; its pointers are the body's
};

struct batch_request {
    bool atomic = false;  // all or none
    std::vector<batch_item> items;
};

// Throws api_error 422 for the members around the items.
batch_request read_batch(json_document& doc, const entry_rules& rules);

// What is said of one item, said of the whole body: pointers begin with /items/at; without any, `blamed` is.
api_error of_item(api_error e, std::size_t at, const char* blamed);

// What refuses the whole: every finding of every item refused (the first 100). Precondition: there is one.
api_error refusal_of(const std::vector<batch_item>& items);

}  // namespace mita::finance

// Reads the bodies of POST and PATCH of checkpoints, every finding at once. Pure.
#pragma once

#include "core/json_reader.hpp"
#include "finance/checkpoints/checkpoint.hpp"

#include <span>
#include <string>
#include <string_view>

namespace mita::finance {

inline constexpr std::size_t most_checkpoints = 400;  // of one account: a statement a month for thirty years

// What a body is judged by.
struct checkpoint_rules {
    uuid account_id;
    std::string currency;  // the account's
    wall::time_point now;
    std::span<const checked_balance> there;  // the account's checkpoints
};

// A new one, with its id (the client's, else a new one), version 1. Throws api_error: 422 with every finding; 409
// already_exists for an id or a day of this account that has one.
checkpoint read_new_checkpoint(json_document& doc, const checkpoint_rules& rules);
// `before` with a JSON Merge Patch applied, its version moved on. Throws as above.
checkpoint read_checkpoint_patch(std::string_view body, const checkpoint& before, const checkpoint_rules& rules);

}  // namespace mita::finance

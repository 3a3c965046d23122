// Who was paid, or paid: what transactions with one payee's texts have in common. Used by the payees' store and
// handlers, and by the feed. A value.
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "finance/wire/json_out.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace mita::finance {

struct payee {
    uuid id;
    std::string name;
    std::optional<std::string> category;  // of a transaction that names it and no category
    bool archived = false;
    std::optional<uuid> merged_into;  // then it is shown no more
    std::int64_t version = 1;
    wall::time_point created_at{}, updated_at{};
    std::vector<std::string> merged;  // into it: "<id> <name>" each
};

void append(json_out& out, const payee& p);
std::string tag_of(const payee& p);  // strong, without quotes

}  // namespace mita::finance

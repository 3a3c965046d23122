// What the bank said an account held at the end of a day, and whether what is booked says the same. Used by the
// checkpoints' store and handlers, and by the feed. A value.
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "finance/domain/civil_time.hpp"
#include "finance/domain/money.hpp"
#include "finance/wire/json_out.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace mita::finance {

struct checkpoint {
    uuid id, account_id;
    civil_day on;
    amount balance = 0;  // as the bank said
    std::string currency;
    std::int64_t version = 1;
    wall::time_point created_at{}, updated_at{};
    std::optional<wall::time_point> reconciled_at;  // what was booked until its day is cleared since
};

// A checkpoint beside what is booked until the end of its day.
struct checked_balance {
    checkpoint what;
    amount booked = 0;
    std::optional<civil_day> drifts_from;  // the first day on which something moved or is missing, as far as is known

    bool holds() const { return booked == what.balance; }
};

// The newest first.
std::string place_of(const checkpoint& c);
void append(json_out& out, const checkpoint& c);
void append(json_out& out, const checked_balance& c);
std::string tag_of(const checkpoint& c);  // strong, without quotes

}  // namespace mita::finance

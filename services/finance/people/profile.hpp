// What finance itself knows of a person: one row of `users`. Used by every handler; e-mail and display name are auth's
// (auth_client.hpp).
#pragma once

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "finance/domain/civil_time.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace mita::finance {

struct profile {
    uuid id;
    std::string timezone, currency, locale, region;
    bool cover = true;                      // setting: overspending is covered from other categories
    std::optional<civil_day> onboarded_on;  // the day of joining
    std::optional<civil_day> planned_from;  // the first day with a plan: that day, or before it after a move west
    std::int64_t plan_version = 0;          // of the plan inputs in force; 0: none
    std::int64_t budget_version = 0, ledger_version = 0;
    std::int64_t version = 0;  // of the profile
    wall::time_point created_at, updated_at;
};

// What a new person has until they say otherwise.
inline constexpr const char* default_timezone = "UTC";
inline constexpr const char* default_currency = "EUR";
inline constexpr const char* default_locale = "en";

// The person's local calendar day now.
civil_day today_of(const profile& who);

// Of calendars and all that is derived like them, without quotes: "b<budget>.l<ledger>.<today>".
std::string plan_tag(const profile& who, civil_day today);

}  // namespace mita::finance

// Places of GET /v1/transactions as cursors hold them: the day and the id after which the next page begins. Pure.
#pragma once

#include "core/ids.hpp"
#include "finance/domain/civil_time.hpp"

#include <string>
#include <string_view>

namespace mita::finance {

// The list is ordered by (booked_on, id), newest first; a page begins after this place.
struct transaction_place {
    civil_day day;
    uuid id;
    bool operator==(const transaction_place&) const = default;
};

std::string bytes_of(const transaction_place& at);
// Of a cursor that was opened. Throws api_error 400 invalid_cursor for bytes that are no such place.
transaction_place place_from(std::string_view bytes);

}  // namespace mita::finance

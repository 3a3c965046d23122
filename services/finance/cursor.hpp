// Cursors of GET /v1/transactions: where the next page begins, opaque, and good only for the person and the filter it
// was made for. base64url(version, day, id, MAC); the MAC is HMAC-SHA-256 cut to 144 bits. Pure; thread-safe.
#pragma once

#include "core/config.hpp"
#include "core/ids.hpp"
#include "finance/domain/civil_time.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace mita::finance {

// The list is ordered by (booked_on, id), newest first; a page begins after this place.
struct list_place {
    civil_day day;
    uuid id;
    bool operator==(const list_place&) const = default;
};

class cursor_seal {
public:
    // MITA_FINANCE_SECRET; every node has the same.
    explicit cursor_seal(const secret& key);
    // filter: transaction_filter::query().
    std::string seal(const list_place& at, const uuid& user, std::string_view filter) const;
    // Throws api_error 400 invalid_cursor unless it is one that seal() made for this person and filter.
    list_place open(std::string_view cursor, const uuid& user, std::string_view filter) const;

private:
    std::array<unsigned char, 32> key_{};
};

}  // namespace mita::finance

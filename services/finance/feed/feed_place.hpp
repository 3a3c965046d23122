// Places of GET /v1/changes as cursors hold them: the write, the kind and the key after which the next page begins.
// Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace mita::finance {

// Things of one write are told in this order: what others refer to first.
enum class feed_kind : std::uint8_t {
    account = 0,
    category = 1,
    plan = 2,
    profile = 3,
    transaction = 4,
    checkpoint = 5,
    transfer = 6,
    payee = 7,
    contribution = 8,
    budget = 9,  // what was moved between two
    installment = 10,
    recurring = 11  // a planned transfer: incomes and bills are told with the plan
};
std::string_view name(feed_kind k);

struct feed_place {
    std::int64_t sequence = -1;  // before everything
    feed_kind kind = feed_kind::account;
    std::string key;  // of what has one its id
    std::strong_ordering operator<=>(const feed_place&) const = default;
};

struct feed_cursor {
    feed_place at;
    std::int64_t since = -1;  // what was removed after this write the reader must be told; -1: it begins here
};

std::string bytes_of(const feed_cursor& c);
// Of a cursor that was opened. Throws api_error 400 invalid_cursor for bytes that are none.
feed_cursor feed_cursor_from(std::string_view bytes);

}  // namespace mita::finance

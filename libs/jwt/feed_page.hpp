// One answer of auth's revocation feed, read from JSON. Internal to libs/jwt: revocation_feed uses it.
#pragma once

#include "jwt/revocations.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace mita::jwt {

struct feed_page {
    std::vector<revocation> entries;
    std::int64_t sequence = 0;
    bool reset = false;       // the entries are everything auth keeps
    std::size_t unknown = 0;  // entries of a kind this version does not know
};

// nullopt when the text is not such an answer: nothing of it may then be applied.
std::optional<feed_page> read_feed_page(std::string_view json);

}  // namespace mita::jwt

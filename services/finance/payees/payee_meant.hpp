// Whom texts of transactions mean, by their words (payee_word.hpp): what is known of it where one is read. A value.
#pragma once

#include "core/ids.hpp"

#include <optional>
#include <string>
#include <unordered_map>

namespace mita::finance {

struct payee_meant {
    uuid id;
    std::optional<std::string> usual_category;  // of what is booked with it and none; an archived payee has none
};
using payees_meant = std::unordered_map<std::string, payee_meant>;

}  // namespace mita::finance

// The refusals more than one noun makes: one finding alone, and a sum beyond the range of exact amounts.
#pragma once

#include "core/error.hpp"
#include "finance/domain/outcome.hpp"

#include <string>
#include <string_view>

namespace mita::finance {

// 422 with this one finding.
[[noreturn]] void refuse(std::string_view pointer, std::string_view code, const std::string& detail);

// 422 amount_overflow; pointer: the member to blame, empty: none is.
api_error amount_overflow(std::string_view pointer = {});
// Throws it for a fault.
void require(fault why);

}  // namespace mita::finance

#include "finance/wire/refusals.hpp"

#include <utility>
#include <vector>

namespace mita::finance {

void refuse(std::string_view pointer, std::string_view code, const std::string& detail) {
    std::vector<field_error> errors;
    errors.push_back({std::string(pointer), std::string(code), detail});
    throw api_error(422, std::string(code), detail, std::move(errors));
}

api_error amount_overflow(std::string_view pointer) {
    constexpr const char* detail = "A sum leaves the range of exact amounts (2^53 - 1 minor units).";
    std::vector<field_error> errors;
    if (!pointer.empty()) errors.push_back({std::string(pointer), "amount_overflow", detail});
    return {422, "amount_overflow", detail, std::move(errors)};
}

void require(fault why) {
    if (why != fault::none) throw amount_overflow();
}

}  // namespace mita::finance

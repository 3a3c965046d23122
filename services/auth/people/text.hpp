// What auth adds to core's text: an e-mail address in the form it is compared by, and what may stand in one. Pure.
#pragma once

#include <string>
#include <string_view>

namespace mita::auth {

// What is equal without regard to case and composition becomes equal (simple case folding).
std::string folded(std::string_view given);
// No white space, nothing hidden (core/text.hpp), nothing unassigned; UTF-8.
bool visible(std::string_view given);

}  // namespace mita::auth

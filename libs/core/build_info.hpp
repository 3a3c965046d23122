// Which build this is. One translation unit knows the commit, so that a new commit recompiles one file.
#pragma once

#include <string_view>

namespace mita {

std::string_view version();  // "0.1.0"
std::string_view commit();   // short hash, "unknown" outside a checkout

}  // namespace mita

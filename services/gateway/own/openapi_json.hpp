// The contract as /openapi.json serves it, made from proto-json/ at build and embedded.
#pragma once

#include <string_view>

namespace mita::gateway::own {

std::string_view openapi_json();
std::string_view openapi_gzip();  // the same, packed
std::string_view openapi_tag();   // its ETag, without quotes

}  // namespace mita::gateway::own

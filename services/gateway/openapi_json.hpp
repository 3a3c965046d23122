// The contract as /openapi.json serves it: proto-json/openapi.json, embedded at build time.
#pragma once

#include <string_view>

namespace mita::gateway {

std::string_view openapi_json();

}  // namespace mita::gateway

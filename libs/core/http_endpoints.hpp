// Where a service is whose instances are named one by one. Used by the gateway's settings.
#pragma once

#include "core/config.hpp"

#include <string>
#include <vector>

namespace mita {

// As config::http_endpoint, one or several separated by commas.
std::vector<config::endpoint> http_endpoints(config& from, std::string name, std::string fallback);

}  // namespace mita

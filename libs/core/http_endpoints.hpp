// Where a service is whose instances are named one by one. Used by settings and by who asks it.
#pragma once

#include "core/config.hpp"

#include <string>
#include <vector>

namespace mita {

// As config::http_endpoint, one or several separated by commas.
std::vector<config::endpoint> http_endpoints(config& from, std::string name, std::string fallback);

// host:port,host:port, as http::client_address takes them.
std::string joined(const std::vector<config::endpoint>& all);

}  // namespace mita

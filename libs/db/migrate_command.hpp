// `mita-x migrate`, alike in each service that has a schema.
#pragma once

#include "core/command_line.hpp"
#include "db/migrate.hpp"

#include <span>
#include <string>

namespace mita::db {

// Adds it: migrates as DATABASE_URL, for the role that the setting `service_url_name` names, with progress on stdout
// and what it waits for on stderr.
void add_migrate(command_line& cli, const std::string& schema, const std::string& service_url_name,
                 std::span<const migration> migrations);

}  // namespace mita::db

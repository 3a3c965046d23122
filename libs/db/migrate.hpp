// Migrations: numbered, append-only, applied once each in a transaction of its own under an advisory lock. Used by
// `mita-x migrate`. The SQL is embedded in the binary at build time (services/*/schema/NNN_name.sql), so a deployment
// cannot mix versions.
#pragma once

#include "core/config.hpp"

#include <iosfwd>
#include <span>
#include <string>
#include <string_view>

namespace mita::db {

struct migration {
    int number;
    std::string_view name;
    std::string_view sql;
};

struct migrate_options {
    migrate_options() = default;
    secret url;          // the owner role's URL
    std::string schema;  // created when missing; migrations run with it as search_path; its table schema_migrations
                         // holds what is done
    std::string service_role;  // created (LOGIN) when missing and the URL's role may; granted use of the schema, least
                               // privilege
    secret service_password;   // its password; empty: the role is not touched
    int wait_seconds = 30;     // for the database to accept connections; less when it refuses us by name
};

// Blocking (start-up command, not on a worker). Prints one line per step to `out`, and to `waits` what it waits for.
// Throws db::error; refuses a database whose applied migrations differ (by checksum) from ours or are newer. Returns
// the schema version.
int migrate(const migrate_options& options, std::span<const migration> migrations, std::ostream& out,
            std::ostream& waits);

}  // namespace mita::db

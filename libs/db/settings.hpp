// What a service is told about its database: read from the environment once, made into options for each worker's pool
// and for the listener. `config` prints their names.
#pragma once

#include "core/config.hpp"
#include "core/platform.hpp"
#include "db/pool.hpp"

#include <string>

namespace mita::db {

struct settings {
    // own_url ("MITA_AUTH_DATABASE_URL") comes before DATABASE_URL; one of them is required. service names the schema
    // and, as mita-service, the connections. Each worker has pipelined and exclusive ones, the process one more to
    // listen: as many as its share of the server's allows (MITA_DB_CONNECTIONS). Wrong values are recorded in `from`.
    settings(config& from, const platform::derived& derived, unsigned workers, const std::string& service,
             const std::string& own_url);

    pool_options options() const;

    secret url;
    std::string schema;
    bool prepared, generic_plans = false;
    unsigned pipelined, exclusive;
};

}  // namespace mita::db

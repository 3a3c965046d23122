// What `mita-auth doctor` asks the database.
#pragma once

#include "core/clock.hpp"
#include "db/pool.hpp"

#include <cstdint>

namespace mita::auth {

struct database_facts {
    int schema = 0;          // the newest migration that is applied
    wall::time_point clock;  // its clock, unmoved by tests
    std::int64_t mails = 0;  // waiting
};

awaitable<database_facts> ask_database(db::pool& db, deadline d);

}  // namespace mita::auth

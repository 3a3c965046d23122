// Everything the finance service is told by its environment, read once in main. `config` prints their names.
#pragma once

#include "core/settings.hpp"
#include "db/settings.hpp"

#include <cstddef>
#include <vector>

namespace mita::finance {

struct settings : common_settings {
    explicit settings(config& from);  // throws config_error with every wrong setting

    db::settings database;
    std::vector<config::endpoint> auth_internal;  // at least one
    secret cursor_secret;                         // MITA_FINANCE_SECRET
    std::size_t token_cache_bytes, user_cache_bytes, ledger_cache_bytes, page_cache_bytes;
};

}  // namespace mita::finance

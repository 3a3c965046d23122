// What an operator's command works with: the service's own settings as far as it needs them, and a pool on a loop of
// its own. Used by `mita-auth keys …`, `users …` and `doctor`.
#pragma once

#include "auth/keys/settings.hpp"
#include "core/async.hpp"
#include "core/config.hpp"
#include "core/platform.hpp"
#include "db/pool.hpp"
#include "db/settings.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace mita::auth {

// Longer than any access token may live (MITA_ACCESS_TTL_S, 900 at most, and the skew).
inline constexpr std::chrono::seconds longest_token_life{900 + 120};

struct desk {
    explicit desk(config& from);  // throws config_error with every wrong setting

    key_settings set;
    platform::limits where;
    db::settings database;
    std::string test_clock_file;  // tests alone: the clock that the services go by
    std::unique_ptr<vault> keys;
    deadline until = deadline::after(std::chrono::seconds(20));
};

using desk_task = std::function<awaitable<int>(desk&, db::pool&)>;
// Runs it to its end; its exit status. What it throws flies on.
int run_at_desk(config& from, const desk_task& what);

// Says why on stderr; the exit status of a command that failed.
int refuse_command(const std::string& why);

}  // namespace mita::auth

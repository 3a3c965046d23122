#include "auth/show_config.hpp"

#include "auth/keys/key_store.hpp"
#include "auth/settings.hpp"

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <utility>

namespace mita::auth {

namespace {

using namespace std::chrono_literals;

// Empty: there is none yet, the first start makes it as it is set.
awaitable<std::string> algorithm_of_active_key(db::pool& db, deadline d) {
    key_store store(db);
    const auto keys = co_await store.load(0, d);
    std::string found;
    for (const auto& k : keys)
        if (k.state == "active") found = k.algorithm;
    co_return found;
}

}  // namespace

int show_config_and_key(config& from) {
    show_config<settings>(from);
    const settings set(from);
    asio::io_context context(1);
    logger silent("auth", log_level::off);
    metrics::registry unused;
    auto o = set.database.options();
    o.outage_grace = 500ms;  // nobody waits for a database that is not there
    db::pool db(context.get_executor(), std::move(o), silent, unused);
    std::string active, unknown;
    const auto ask = [&]() -> awaitable<void> {
        try {
            active = co_await algorithm_of_active_key(db, deadline::after(2s));
        } catch (const std::exception& e) {
            unknown = e.what();
        }
        co_await db.close(deadline::after(1s));
    };
    asio::co_spawn(context, ask(), [](std::exception_ptr failed) {
        if (failed) std::rethrow_exception(failed);
    });
    context.run();
    const std::string_view wanted = jwt::name(set.keys.algorithm);
    const bool asked = from.source_of("MITA_JWT_ALGORITHM") == "env";
    if (!unknown.empty() && asked)
        std::cerr << "MITA_JWT_ALGORITHM is for new keys; the active one cannot be asked for: " << unknown << '\n';
    else if (!active.empty() && active != wanted)
        std::cerr << "MITA_JWT_ALGORITHM is " << wanted << ", the active key's algorithm " << active
                  << ": that key signs until keys are rotated, the setting is for new ones\n";
    return 0;
}

}  // namespace mita::auth

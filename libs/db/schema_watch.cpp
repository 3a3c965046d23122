#include "db/schema_watch.hpp"

#include "core/waiter.hpp"
#include "db/error.hpp"

#include <algorithm>
#include <chrono>
#include <exception>

namespace mita::db {

namespace {

using namespace std::chrono_literals;

constexpr statement newest{"schema_version", "select coalesce(max(number), 0) from schema_migrations"};
constexpr const char* undefined_table = "42P01";

}  // namespace

awaitable<void> schema_watch::follow(executor home, pool& db, const runtime& loops, logger& log) {
    bool said = false;
    auto patience = 5ms;  // for the database to come; doubled to a tenth of a second
    while (!loops.stopping() && !ready()) {
        auto pause = patience;
        patience = std::min(2 * patience, 100ms);
        if (db.ready()) {
            bool answered = true;
            try {
                const auto rows = co_await db.query(newest, deadline::after(2s));
                seen_.store(rows.front().get<std::int32_t>(0), std::memory_order_relaxed);
            } catch (const error& e) {
                answered = e.sqlstate == undefined_table;  // never migrated
                if (answered) seen_.store(0, std::memory_order_relaxed);
            } catch (const std::exception&) {  // away again: the pool says so, and tries
                answered = false;
            }
            if (ready()) co_return;
            if (answered && !said)
                log.error("schema_behind")
                    .with("version", seen())
                    .with("wanted", wanted_)
                    .with("remedy", "run migrate");
            said = said || answered;
            pause = answered ? 1000ms : 100ms;
        }
        waiter rest(home);
        co_await rest.wait(deadline::after(pause));
    }
}

}  // namespace mita::db

#include "auth/cli_desk.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"
#include "core/metrics.hpp"
#include "core/settings.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <iostream>

namespace mita::auth {

namespace {

using namespace std::chrono_literals;

awaitable<int> carry(desk& d, db::pool& db, const desk_task& what) {
    const int status = co_await what(d, db);
    co_await db.close(deadline::after(2s));
    co_return status;
}

}  // namespace

desk::desk(config& from)
    : set(from),
      where(platform::detect()),
      database(from, platform::derive(where), 1, "auth", "MITA_AUTH_DATABASE_URL"),
      test_clock_file(is_testing(from) ? from.text("MITA_CLOCK_FILE", "") : std::string()) {
    from.finish();
    if (!test_clock_file.empty()) wall::follow_file(test_clock_file);
    keys = std::make_unique<vault>(set.make_vault());
}

int run_at_desk(config& from, const desk_task& what) {
    desk d(from);
    asio::io_context context(1);
    logger log("auth", log_level::error, 2);
    metrics::registry unread;
    db::pool db(context.get_executor(), d.database.options(), log, unread);
    int status = 1;
    std::exception_ptr fault;
    asio::co_spawn(context.get_executor(), carry(d, db, what), [&](std::exception_ptr error, int s) {
        fault = error;
        status = s;
        context.stop();
    });
    context.run();
    if (fault) std::rethrow_exception(fault);
    return status;
}

int refuse_command(const std::string& why) {
    std::cerr << "mita-auth: " << why << '\n';
    return 1;
}

}  // namespace mita::auth

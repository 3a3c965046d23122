#include "auth/serve.hpp"

#include "auth/app.hpp"
#include "auth/erasing.hpp"
#include "auth/hashing/instruments.hpp"
#include "auth/housekeeping.hpp"
#include "auth/key_keeping.hpp"
#include "auth/live_settings.hpp"
#include "auth/mailing.hpp"
#include "auth/routes.hpp"
#include "core/log_level.hpp"
#include "core/repeated_job.hpp"
#include "core/scheduling.hpp"
#include "db/listener.hpp"
#include "http/adjusted.hpp"
#include "http/doors.hpp"
#include "http/handover.hpp"
#include "http/reload_door.hpp"

#include <chrono>
#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mita::auth {

namespace {

using namespace std::chrono_literals;
using dispatcher = http::dispatcher<app>;

// What belongs to one worker, in the order it is made; undone in reverse.
struct worker_parts {
    worker_parts(shared& all, worker& on, const http::live_options& live)
        : a(all, on),
          way(public_routes(), a),
          live_way(way, live),
          server(on, outside(all), live_way, all.log, all.metrics) {}
    static http::server_options outside(shared& all) {
        auto o = http::options_of(all.set, "auth");
        o.window = &all.vital.make_window();
        o.behind_gateway = true;
        return o;
    }
    app a;
    dispatcher way;
    http::adjusted live_way;
    http::server server;
};

http::server_options inside(const settings& s) {
    auto o = http::options_of(s, "auth_internal");
    o.handle_timeout = 30s;  // long polls
    o.slow = 60s;
    return o;
}

// The last events are written before the database goes.
awaitable<void> close(app& a, bool writes, deadline d) {
    if (writes) {
        try {
            co_await a.all.trail.flush(a.db, d.capped(2s));
        } catch (const std::exception& e) {
            a.all.log.error("audit_not_written").with("events", a.all.trail.waiting()).with("reason", e.what());
        }
    }
    co_await a.db.close(d);
}

}  // namespace

int serve(config& from, bool take_over) {
    settings set(from);
    std::optional<http::takeover> former;
    if (take_over)
        former.emplace(std::vector<http::takeover::door>{{"auth", set.port}, {"auth-internal", set.internal_port}});
    platform::apply_malloc_limits(set.malloc_arenas);
    lower_own_session(set.hashing.nice);
    logger log("auth", set.level);
    log_misspellings(from, log);
    runtime rt(set.workers, log, set.drain);
    shared all(std::move(set), from.settings(), rt, log);
    hashing::expose(all.metrics, all.lanes);

    http::live_options live;
    std::vector<std::unique_ptr<worker_parts>> parts;
    std::vector<http::server*> servers;
    for (unsigned i = 0; i < rt.size(); ++i) {
        parts.push_back(std::make_unique<worker_parts>(all, rt.at(i), live));
        all.apps.push_back(&parts.back()->a);
        servers.push_back(&parts.back()->server);
    }
    app& first = parts.front()->a;
    const executor home = rt.at(0).get_executor();

    // Revocations: read from their table, at a hint at once; kept for the other services, which poll them here.
    // A secret that opens no key makes every login fail, and keys of it would lock the right one out: said, and the
    // end.
    bool wrong_secret = false;
    const auto on_wrong_secret = [&](const std::exception& e) {
        wrong_secret = true;
        log.error("auth_secret_wrong").with("reason", e.what());
        rt.request_stop();
    };
    const std::vector<jwt::validator*> judges{&all.tokens, &all.service_tokens};
    all.hub = std::make_shared<revocation_hub>(home, first.db, all.revoked, judges, all.ring, log, on_wrong_secret);
    const auto hub = all.hub;
    const auto on_notify = [hub](const std::string&, const std::string&) { hub->nudge(); };
    db::listener hints(home, all.set.database.options(), {"auth_revocations"}, on_notify, log);
    rt.every(0, "follow_revocations", at_once_then(1s), [hub] { return hub->follow(); });

    keep_house(rt, first);
    send_mails(rt, first);
    keep_keys(rt, first);
    http::client finance(home, finance_of(all.set), all.metrics);
    erase_at_finance(rt, first, finance);
    rt.every(0, "audit", 200ms, [&all, &first]() -> awaitable<void> {
        if (!first.db.ready()) co_return;  // away: said by others
        co_await all.trail.flush(first.db, deadline::after(5s));
    });

    dispatcher internal_way(internal_routes(), first);
    const auto read = [&](config& anew) -> std::function<void()> {
        const auto next = std::make_shared<settings>(anew);
        if (next->registration == registration_mode::verified && !all.set.mail.on())
            throw config_error("MITA_REGISTRATION: must not be verified before a restart: MITA_MAIL_URL needs one");
        return [&live, &log, &all, next] {
            set_level(log, next->level);
            live_settings::take(all.set, *next);
            live.publish(http::live_options::of(*next));
        };
    };
    auto at_once = http::live_options::names(all.set);
    at_once.push_back("MITA_LOG_LEVEL");
    at_once.insert(at_once.end(), live_settings::names.begin(), live_settings::names.end());
    settings_reload again(from, std::move(at_once), read, all.vital, rt, log, all.metrics, "auth");
    http::reload_door internal_door(internal_way, again, all.set.internal_token);
    http::server internal_server(rt.at(0), inside(all.set), internal_door, log, all.metrics);
    http::doors doors(rt, all.set, "auth", servers, internal_server, log);
    doors.open();
    rt.spawn(0, "watch_schema",
             [&first, &rt, home] { return first.all.schema.follow(home, first.db, rt, first.all.log); });
    rt.announce_ready([&first] { return first.ready(); });
    if (former) former->relieve_when(rt, [&first] { return first.ready(); });

    rt.on_stop(stop_stage::drain, 0, [hub](deadline) -> awaitable<void> {
        hub->close();  // answers the long polls
        co_return;
    });
    for (unsigned i = 0; i < rt.size(); ++i)
        rt.on_stop(stop_stage::close, i,
                   [a = all.apps[i], writes = i == 0](deadline d) { return close(*a, writes, d); });
    rt.on_stop(stop_stage::close, 0, [&hints](deadline d) { return hints.close(d); });
    const int status = rt.run();
    if (!wrong_secret) return status;
    std::cerr
        << "mita-auth: MITA_AUTH_SECRET is not the secret that the signing keys in the database were sealed with, "
           "nor is MITA_KEY_SECRET, when set\n";
    return 2;
}

}  // namespace mita::auth

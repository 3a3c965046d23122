#include "finance/serve.hpp"

#include "core/clock.hpp"
#include "core/log_level.hpp"
#include "core/repeated_job.hpp"
#include "db/listener.hpp"
#include "finance/app.hpp"
#include "finance/changes/invalidations.hpp"
#include "finance/event_app.hpp"
#include "finance/events/write_watch.hpp"
#include "finance/ledger/search_key_store.hpp"
#include "finance/people/changed_logins.hpp"
#include "finance/routes.hpp"
#include "http/adjusted.hpp"
#include "http/doors.hpp"
#include "http/handover.hpp"
#include "http/reload_door.hpp"
#include "jwt/trust.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

using namespace std::chrono_literals;
using dispatcher = http::dispatcher<app>;

constexpr std::chrono::hours removed_told_for{24 * 90};  // a client that comes back later reads anew

// Expired entries leave step by step, a 64th of the buckets at a time.
awaitable<void> clean_caches(shared& all) {
    all.persons.clean_up();
    all.known_months.clean_up();
    all.pages.clean_up();
    all.tokens->clean_up();
    co_return;
}

awaitable<void> judge(event_app& a) {
    a.judge();
    co_return;
}

// Upkeep goes in steps of bounded size, as long as there is more; other instances may do the same.
template <class Step>
awaitable<void> in_steps(app& a, Step step) {
    bool more = a.db.ready();
    while (more && !a.all.loops.stopping()) {
        more = co_await step(deadline::after(2s));
    }
}

// What belongs to one worker, in the order it is made; undone in reverse.
struct worker_parts {
    worker_parts(shared& all, event_streams& streams, worker& on, const http::live_options& live)
        : a(all, on),
          events(a, streams),
          way(public_routes(), a, event_routes(), events),
          live_way(way, live),
          server(on, outside(all), live_way, all.log, all.metrics) {}
    static http::server_options outside(shared& all) {
        auto o = http::options_of(all.set, "finance");
        o.window = &all.vital.make_window();
        o.behind_gateway = true;
        return o;
    }
    app a;
    event_app events;
    front way;
    http::adjusted live_way;
    http::server server;
};

}  // namespace

int serve(config& from, bool take_over) {
    const event_settings of_events(from);
    settings set(from);
    std::optional<http::takeover> former;
    if (take_over)
        former.emplace(
            std::vector<http::takeover::door>{{"finance", set.port}, {"finance-internal", set.internal_port}});
    platform::apply_malloc_limits(set.malloc_arenas);
    logger log("finance", set.level);
    log_misspellings(from, log);
    runtime rt(set.workers, log, set.drain);
    shared all(std::move(set), from.settings(), rt, log);
    event_streams streams(of_events, all.metrics);

    http::live_options live;
    std::vector<std::unique_ptr<worker_parts>> parts;
    std::vector<http::server*> servers;
    for (unsigned i = 0; i < rt.size(); ++i) {
        parts.push_back(std::make_unique<worker_parts>(all, streams, rt.at(i), live));
        all.apps.push_back(&parts.back()->a);
        event_app& its = *streams.apps.emplace_back(&parts.back()->events);
        rt.every(i, "judge_streams", 100ms, [&its] { return judge(its); });
        servers.push_back(&parts.back()->server);
    }
    app& first = parts.front()->a;
    const executor home = rt.at(0).get_executor();

    const auto forget = [&all, &streams](const uuid& id) {
        all.forget(id);
        streams.tell(id);
    };
    const auto forget_all = [&all, &streams] {
        all.forget_all();
        streams.tell_all();
    };

    // How auth's instances are, for all workers.
    rt.every(
        0, "ask_auth", [&first] { return first.auth_inside.pause(); },
        [&first] { return first.auth_inside.ask(deadline::after(1s)); });

    // Tokens: keys and revocations come from auth, and with them whose address is another.
    auto rules = jwt::options_of(all.set, all.set.token_cache_bytes);
    rules.refetch_on = home;
    const auto refetch = jwt::keys_from(first.auth_inside, all.set.internal_token);
    all.tokens = std::make_unique<jwt::validator>(std::move(rules), all.revoked, refetch);
    changed_logins logins(first.profiles, forget, all.metrics);
    auto followed = jwt::feed_options_of(all.set);
    followed.on_people = [&logins](std::vector<jwt::revocation> people) { return logins.hear(std::move(people)); };
    jwt::revocation_feed feed(home, first.auth_inside, all.revoked, *all.tokens, std::move(followed), log);
    all.feed = &feed;
    feed.start();

    // Caches: forgotten on every node when another writes.
    const auto changes = std::make_shared<invalidations>(home, first.db, forget, forget_all, log);
    const auto on_notify = [changes](const std::string&, const std::string& payload) { changes->notified(payload); };
    db::listener hints(home, all.set.database.options(), {"finance_invalidations"}, on_notify, log);
    rt.every(0, "follow_invalidations", at_once_then(1s), [changes] { return changes->follow(); });
    invalidation_store told(first.db);
    rt.every(0, "clean_caches", 4s, [&all] { return clean_caches(all); });
    rt.every(0, "forget_answers", 60s,
             [&first] { return in_steps(first, [&first](deadline d) { return first.kept_answers.forget_old(d); }); });
    rt.every(0, "tell_changed_logins", 1s,
             [&first, &logins] { return in_steps(first, [&logins](deadline d) { return logins.write_some(d); }); });
    write_watch writes(streams.places, first.db, streams.failed_readings,
                       [&streams](const uuid& id) { streams.tell(id); });
    rt.every(0, "watch_writes", 250ms, [&writes] { return writes.look(); });
    rt.every(0, "make_searchable", 60s, [&first] {
        return in_steps(first, [&first](deadline d) { return make_searchable(first.db, std::nullopt, d); });
    });
    rt.every(0, "forget_removed", 600s, [&first] {
        return in_steps(first, [&first](deadline d) { return first.feed.forget(wall::now() - removed_told_for, d); });
    });
    rt.every(0, "prune_invalidations", 600s,
             [&first, &told] { return in_steps(first, [&told](deadline d) { return told.prune(d); }); });

    dispatcher internal_way(internal_routes(), first);
    const auto read = [&](config& anew) -> std::function<void()> {
        return [&live, &log, next = std::make_shared<every_setting>(anew)] {
            set_level(log, next->own.level);
            live.publish(http::live_options::of(next->own));
        };
    };
    auto at_once = http::live_options::names(all.set);
    at_once.push_back("MITA_LOG_LEVEL");
    settings_reload again(from, std::move(at_once), read, all.vital, rt, log, all.metrics, "finance");
    http::reload_door internal_door(internal_way, again, all.set.internal_token);
    http::server internal_server(rt.at(0), http::options_of(all.set, "finance_internal"), internal_door, log,
                                 all.metrics);
    http::doors doors(rt, all.set, "finance", servers, internal_server, log);
    doors.open();
    rt.spawn(0, "watch_schema",
             [&first, &rt, home] { return first.all.schema.follow(home, first.db, rt, first.all.log); });
    rt.announce_ready([&first] { return first.ready(); });
    if (former) former->relieve_when(rt, [&first] { return first.ready(); });

    rt.on_stop(stop_stage::drain, 0, [&feed, changes](deadline d) -> awaitable<void> {
        changes->close();
        co_await feed.close(d);
    });
    for (unsigned i = 0; i < rt.size(); ++i) {
        rt.on_stop(stop_stage::close, i, [a = all.apps[i]](deadline d) -> awaitable<void> {
            // No request is left by now; a long poll may be, and nobody needs its answer.
            co_await a->auth_inside.close(d.capped(100ms));
            co_await a->db.close(d);
        });
    }
    rt.on_stop(stop_stage::close, 0, [&hints](deadline d) { return hints.close(d); });
    return rt.run();
}

}  // namespace mita::finance

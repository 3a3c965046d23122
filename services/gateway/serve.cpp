#include "gateway/serve.hpp"

#include "core/log_level.hpp"
#include "gateway/app.hpp"
#include "gateway/certificate.hpp"
#include "gateway/ops/ops_data.hpp"
#include "gateway/own/own.hpp"
#include "gateway/pass.hpp"
#include "gateway/to_secure.hpp"
#include "gateway/upstream/probe.hpp"
#include "http/doors.hpp"
#include "http/handover.hpp"
#include "http/instances.hpp"
#include "http/reload_door.hpp"
#include "jwt/trust.hpp"

#include <boost/asio/post.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace mita::gateway {

namespace {

void export_clients(metrics::registry& r, const http::server& server) {
    r.callback("mita_gateway_client_connections", "Open client connections.", "gauge", {},
               [&server] { return static_cast<double>(server.connections()); });
}

void export_connections(metrics::registry& r, app& a) {
    for (const upstream* u : a.upstreams()) {
        const auto help = "Connections to the services behind.";
        r.callback("mita_gateway_upstream_connections", help, "gauge", {{"upstream", u->name}, {"state", "busy"}},
                   [u] { return static_cast<double>(u->connections().busy); });
        r.callback("mita_gateway_upstream_connections", help, "gauge", {{"upstream", u->name}, {"state", "idle"}},
                   [u] { return static_cast<double>(u->connections().idle); });
    }
}

// The names of services are looked up again now and then, sooner while nobody can be asked.
void follow_names(runtime& rt, unsigned worker, upstream& of) {
    using namespace std::chrono_literals;
    if (!of.has_names()) return;
    const auto pause = [&of, asked = false]() mutable -> std::chrono::milliseconds {
        if (!std::exchange(asked, true)) return 0ms;
        return of.state.each.circuit(std::chrono::steady_clock::now()) == 2 ? 500ms : 5'000ms;
    };
    rt.every(worker, std::string("addresses_") + of.name, pause, [&of] { return of.look_up(deadline::after(2s)); });
}

// The series carry the gateway's own names.
http::server_options with_name(http::server_options o) {
    o.malformed_metric = "mita_gateway_malformed_total";
    return o;
}

// What belongs to one worker, in the order it is made; undone in reverse.
struct worker_parts {
    worker_parts(shared& all, worker& on)
        : a(all, on),
          way(a),
          away(way, way, all.set.tls_port),
          options(outside(all)),
          server(on, options, plain(), all.log, all.metrics) {
        if (all.shown == nullptr) return;
        secure_way = std::make_unique<pass>(a, &all.shown->identity());
        secure = std::make_unique<http::server>(on, options, *secure_way, all.log, all.metrics);
    }
    static http::server_options outside(shared& all) {
        auto o = with_name(http::options_of(all.set, "gateway"));
        o.window = &all.vital.make_window();
        o.idle_timeout = all.set.keep_alive;
        o.slow = all.set.slow;
        return o;
    }
    http::service& plain() { return a.all.set.tls_redirect ? static_cast<http::service&>(away) : way; }
    app a;
    pass way;
    to_secure away;
    http::server_options options;
    http::server server;
    std::unique_ptr<pass> secure_way;  // both null: no TLS
    std::unique_ptr<http::server> secure;
};

// Auth's connections end after what was noted last has gone to it.
awaitable<void> send_the_last(app& a, http::instances& auth, deadline d) {
    try {
        co_await a.all.trail.flush(auth, a.all.set.internal_token, d.capped(std::chrono::seconds(2)));
    } catch (const std::exception& e) {
        a.all.log.error("audit_not_sent").with("events", a.all.trail.waiting()).with("reason", e.what());
    }
    co_await auth.close(d);
}

}  // namespace

int serve(config& from, bool take_over) {
    settings set(from);
    std::optional<http::takeover> former;
    if (take_over)
        former.emplace(std::vector<http::takeover::door>{
            {"gateway", set.port}, {"gateway-internal", set.internal_port}, {"gateway-tls", set.tls_port}});
    platform::apply_malloc_limits(set.malloc_arenas);
    logger log("gateway", set.level);
    log_misspellings(from, log);
    runtime rt(set.workers, log, set.drain);
    shared all(std::move(set), from.settings(), rt, log);
    if (all.set.tls) all.shown = std::make_unique<certificate>(*all.set.tls, rt, log, all.metrics);

    std::vector<std::unique_ptr<worker_parts>> parts;
    std::vector<http::server*> servers, secure;
    for (unsigned i = 0; i < rt.size(); ++i) {
        parts.push_back(std::make_unique<worker_parts>(all, rt.at(i)));
        servers.push_back(&parts.back()->server);
        export_connections(all.metrics, parts.back()->a);
        export_clients(all.metrics, parts.back()->server);
        if (parts.back()->secure) secure.push_back(parts.back()->secure.get());
        if (parts.back()->secure) export_clients(all.metrics, *parts.back()->secure);
        for (upstream* u : parts.back()->a.upstreams()) follow_names(rt, i, *u);
    }
    app& first = parts.front()->a;
    const executor home = rt.at(0).get_executor();

    constexpr unsigned connections_each = 6;  // the feed waits on one; keys, the trail, health, operators
    http::standings auth_known, finance_known;
    http::instances auth_inside(home, first.auth.name, first.auth.inside_at, connections_each, auth_known, log,
                                all.metrics);
    http::instances finance_inside(home, first.finance.name, first.finance.inside_at, connections_each, finance_known,
                                   log, all.metrics);

    // Tokens: keys and revocations come from auth.
    auto rules = jwt::options_of(all.set, all.set.token_cache_bytes);
    rules.refetch_on = home;
    const auto refetch = jwt::keys_from(auth_inside, all.set.internal_token);
    all.tokens = std::make_unique<jwt::validator>(std::move(rules), all.revoked, refetch);
    jwt::revocation_feed feed(home, auth_inside, all.revoked, *all.tokens, jwt::feed_options_of(all.set), log);
    feed.start();
    for (upstream* u : first.upstreams()) {
        all.metrics.callback(
            "mita_gateway_circuit_state", "0: closed, 1: half open, 2: open, no instance can be asked.", "gauge",
            {{"upstream", u->name}}, [u] { return double(u->state.each.circuit(std::chrono::steady_clock::now())); });
        http::instances& each = u == &first.auth ? auth_inside : finance_inside;
        const auto p = std::make_shared<probe>(*u, each, [&first] { return first.ready(); }, log);
        rt.every(0, std::string("probe_") + u->name, [p] { return p->pause(); }, [p] { return p->ask(); });
    }

    // Since when something is wrong is known although nobody asks (auth and finance are asked by the probes above).
    rt.every(0, "judge_itself", std::chrono::seconds(1),
             [&first]() -> awaitable<void> { (void)co_await first.health(); });

    rt.every(0, "audit", std::chrono::seconds(1), [&]() -> awaitable<void> {
        if (!first.auth.state.ready()) co_return;  // away: said by others
        co_await all.trail.flush(auth_inside, all.set.internal_token, deadline::after(std::chrono::seconds(5)));
    });

    std::vector<const http::instances*> asked{&auth_inside, &finance_inside};
    const auto own_health = [&first] { return first.health(); };
    all.operators = std::make_unique<ops_data>(home, std::move(asked), own_health, all.metrics, log);

    http::dispatcher<app> internal_way(own::internal_routes(), first);
    const auto read = [&](config& anew) -> std::function<void()> {
        return [&, next = std::make_shared<settings>(anew)] {
            if (all.shown) all.shown->reload();
            set_level(log, next->level);
            for (unsigned i = 0; i < rt.size(); ++i)
                asio::post(rt.at(i).get_executor(), [&a = parts[i]->a, next] { a.live = live_settings(*next); });
            auto options = http::live_options::of(*next);
            options.slow = next->slow;
            options.idle_timeout = next->keep_alive;
            all.options.publish(std::move(options));
        };
    };
    auto at_once = http::live_options::names(all.set);
    const auto own = live_settings::names();
    at_once.insert(at_once.end(), own.begin(), own.end());
    settings_reload again(from, std::move(at_once), read, all.vital, rt, log, all.metrics, "gateway");
    http::reload_door internal_door(internal_way, again, all.set.internal_token);
    http::server internal_server(rt.at(0), with_name(http::options_of(all.set, "gateway_internal")), internal_door, log,
                                 all.metrics);
    http::doors doors(rt, all.set, "gateway", servers, internal_server, log);
    if (!secure.empty()) doors.add_secure(all.set, "MITA_TLS_PORT", all.set.tls_port, "gateway", secure);
    doors.open();
    rt.announce_ready([&first] { return first.ready(); });
    if (former) former->relieve_when(rt, [&first] { return first.ready(); });

    rt.on_stop(stop_stage::close, 0, [&](deadline d) { return send_the_last(first, auth_inside, d); });
    rt.on_stop(stop_stage::close, 0, [&](deadline d) { return finance_inside.close(d); });
    rt.on_stop(stop_stage::drain, 0, [&feed](deadline d) { return feed.close(d); });
    for (unsigned i = 0; i < rt.size(); ++i) {
        for (upstream* u : parts[i]->a.upstreams())
            rt.on_stop(stop_stage::close, i, [u](deadline d) { return u->close(d); });
    }
    return rt.run();
}

}  // namespace mita::gateway

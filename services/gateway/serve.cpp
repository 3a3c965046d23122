#include "gateway/serve.hpp"

#include "gateway/app.hpp"
#include "gateway/own.hpp"
#include "gateway/pass.hpp"
#include "http/doors.hpp"
#include "jwt/trust.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace mita::gateway {

namespace {

void export_connections(metrics::registry& r, const app& a, const http::server& server) {
    r.callback("mita_gateway_client_connections", "Open client connections.", "gauge", {},
               [&server] { return static_cast<double>(server.connections()); });
    const auto upstream = [&r](const char* name, const http::client& to) {
        const auto help = "Connections to the services behind.";
        r.callback("mita_gateway_upstream_connections", help, "gauge", {{"upstream", name}, {"state", "busy"}},
                   [&to] { return static_cast<double>(to.snapshot().busy); });
        r.callback("mita_gateway_upstream_connections", help, "gauge", {{"upstream", name}, {"state", "idle"}},
                   [&to] { return static_cast<double>(to.snapshot().idle); });
    };
    upstream("auth", a.auth);
    upstream("finance", a.finance);
}

// The series carry the gateway's own names (OPERATIONS.md).
http::server_options named(http::server_options o) {
    o.malformed_metric = "mita_gateway_malformed_total";
    return o;
}

// What belongs to one worker, in the order it is made; undone in reverse.
struct worker_parts {
    worker_parts(shared& all, worker& on) : a(all, on), way(a), server(on, outside(all), way, all.log, all.metrics) {}
    static http::server_options outside(shared& all) {
        auto o = named(http::options_of(all.set, "gateway"));
        o.window = &all.vital.make_window();
        return o;
    }
    app a;
    pass way;
    http::server server;
};

}  // namespace

int serve(config& from) {
    settings set(from);
    platform::apply_malloc_limits(set.derived.malloc_arenas);
    logger log("gateway", set.level);
    log_misspellings(from, log);
    runtime rt(set.workers, log, set.drain);
    shared all(std::move(set), from.settings(), rt, log);

    std::vector<std::unique_ptr<worker_parts>> parts;
    std::vector<http::server*> servers;
    for (unsigned i = 0; i < rt.size(); ++i) {
        parts.push_back(std::make_unique<worker_parts>(all, rt.at(i)));
        servers.push_back(&parts.back()->server);
        export_connections(all.metrics, parts.back()->a, parts.back()->server);
    }
    app& first = parts.front()->a;
    const executor home = rt.at(0).get_executor();

    // Tokens: keys and revocations come from auth.
    auto rules = jwt::options_of(all.set, all.set.token_cache_bytes);
    rules.refetch_on = home;
    const auto refetch = jwt::keys_from(first.auth_inside, all.set.internal_token);
    all.tokens = std::make_unique<jwt::validator>(std::move(rules), all.revoked, refetch);
    jwt::revocation_feed feed(home, first.auth_inside, all.revoked, *all.tokens, jwt::feed_options_of(all.set), log);
    feed.start();
    rt.spawn(0, "watch_auth", [&first] { return watch(first, true); });
    rt.spawn(0, "watch_finance", [&first] { return watch(first, false); });

    http::dispatcher<app> internal_way(internal_routes(), first);
    http::server internal_server(rt.at(0), named(http::options_of(all.set, "gateway_internal")), internal_way, log,
                                 all.metrics);
    http::doors doors(rt, all.set, "gateway", servers, internal_server, log);
    doors.open();
    rt.announce_ready([&first] { return first.ready(); });

    rt.on_stop(stop_stage::drain, 0, [&feed](deadline d) { return feed.close(d); });
    for (unsigned i = 0; i < rt.size(); ++i) {
        rt.on_stop(stop_stage::close, i, [a = &parts[i]->a](deadline d) -> awaitable<void> {
            co_await a->auth.close(d);
            co_await a->finance.close(d);
            co_await a->auth_inside.close(d);
            co_await a->finance_inside.close(d);
        });
    }
    return rt.run();
}

}  // namespace mita::gateway

#include "auth/serve.hpp"

#include "auth/app.hpp"
#include "auth/hashing/instruments.hpp"
#include "auth/routes.hpp"
#include "db/listener.hpp"
#include "http/server.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mita::auth {

namespace {

using namespace std::chrono_literals;
using public_dispatcher = http::dispatcher<app>;

http::server_options options_of(const settings& s) {
    http::server_options o;
    o.name = "auth";
    o.handle_timeout = s.request_timeout;
    o.trusted_peers = s.trusted_peers;
    o.log_requests = s.log_requests;
    return o;
}

// Says once that the service can serve: tests and people wait for this line.
awaitable<void> announce_ready(app& a, runtime& rt) {
    while (!a.ready() && !rt.stopping()) {
        waiter pause(a.on.get_executor());
        co_await pause.wait(deadline::after(5ms));
    }
    if (a.ready()) {
        const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - a.all.started;
        a.all.log.info("ready").with("after_ms", took.count());
    }
}

// What belongs to one worker, in the order it is made; undone in reverse.
struct worker_parts {
    worker_parts(shared& all, worker& on)
        : a(all, on),
          outside(public_routes(), a, all.log, all.metrics, "auth"),
          server(on, options_of(all.set), outside, all.log, all.metrics) {}
    app a;
    public_dispatcher outside;
    http::server server;
};

http::server_options internal_options_of(const settings& s) {
    auto o = options_of(s);
    o.name = "auth_internal";
    o.handle_timeout = 30s;  // long polls
    o.slow = 60s;
    return o;
}

}  // namespace

int serve(config& from) {
    settings set(from);
    platform::apply_malloc_limits(set.derived.malloc_arenas);
    logger log("auth", set.level);
    runtime rt(set.workers, log, set.drain);
    shared all(std::move(set), from.settings(), log);
    all.loops = &rt;
    hashing::expose(all.metrics, all.lanes);

    std::vector<std::unique_ptr<worker_parts>> parts;
    std::vector<http::server*> servers;
    for (unsigned i = 0; i < rt.size(); ++i) {
        parts.push_back(std::make_unique<worker_parts>(all, rt.at(i)));
        all.apps.push_back(&parts.back()->a);
        servers.push_back(&parts.back()->server);
    }
    app& first = parts.front()->a;
    const executor home = rt.at(0).get_executor();
    all.hub = std::make_shared<revocation_hub>(home, first.db, all.revoked, all.tokens, all.ring, log);

    public_dispatcher inside(internal_routes(), first, log, all.metrics, "auth_internal");
    http::server internal_server(rt.at(0), internal_options_of(all.set), inside, log, all.metrics);
    http::listener listener(rt, all.set.listen, all.set.port, servers, log, "auth");
    http::listener internal_listener(rt, all.set.internal_listen, all.set.internal_port, {&internal_server}, log);
    const auto hub = all.hub;
    const auto on_notify = [hub](const std::string&, const std::string&) { hub->nudge(); };
    db::listener hints(home, all.set.database.options(), {"auth_revocations"}, on_notify, log);

    listener.start();
    internal_listener.start();
    log.info("listening")
        .with("port", static_cast<int>(listener.port()))
        .with("internal_port", static_cast<int>(internal_listener.port()));

    rt.spawn(0, "follow_revocations", [hub] { return hub->follow(); });
    rt.spawn(0, "announce_ready", [&first, &rt] { return announce_ready(first, rt); });
    rt.on_stop(stop_stage::drain, 0, [&listener, &internal_listener](deadline) -> awaitable<void> {
        co_await listener.close();
        co_await internal_listener.close();
    });
    rt.on_stop(stop_stage::drain, 0, [hub, &internal_server](deadline d) -> awaitable<void> {
        hub->close();
        co_await internal_server.drain(d);
    });
    for (unsigned i = 0; i < rt.size(); ++i) {
        auto& p = *parts[i];
        rt.on_stop(stop_stage::drain, i, [&p](deadline d) { return p.server.drain(d); });
        rt.on_stop(stop_stage::close, i, [&p](deadline d) { return p.a.db.close(d); });
    }
    rt.on_stop(stop_stage::close, 0, [&hints](deadline d) { return hints.close(d); });
    const int status = rt.run();
    log.info("stopped").with("status", status);
    return status;
}

}  // namespace mita::auth

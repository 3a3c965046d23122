#include "finance/serve.hpp"

#include "db/listener.hpp"
#include "finance/app.hpp"
#include "finance/routes.hpp"
#include "http/server.hpp"
#include "jwt/bearer.hpp"

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace mita::finance {

namespace {

using namespace std::chrono_literals;
using dispatcher = http::dispatcher<app>;

http::server_options options_of(const settings& s, const char* name) {
    http::server_options o;
    o.name = name;
    o.handle_timeout = s.request_timeout;
    o.trusted_peers = s.trusted_peers;
    o.max_connections = s.derived.max_connections / s.workers + 1;
    o.log_requests = s.log_requests;
    return o;
}

jwt::validator_options validation_of(const settings& s) {
    jwt::validator_options o;
    o.rules.issuer = s.issuer;
    o.rules.audience = s.audience;
    o.rules.max_lifetime_s = s.access_ttl_s;
    o.cache_bytes = s.token_cache_bytes;
    return o;
}

// The current JWKS from auth, for a key id nobody has heard of yet (T4). Runs on worker 0's client.
awaitable<std::string> fetch_jwks(http::client& auth_inside, const secret& token, deadline d) {
    http::client_request ask(http::verb::get, "/internal/v1/jwks");
    ask.headers = jwt::authorization_line(token);
    const auto answer = co_await auth_inside.send(std::move(ask), d);
    if (answer.status != 200) throw http::upstream_error("auth gave no keys", true);
    co_return std::string(answer.body);
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

// Expired entries leave step by step, a 64th of the buckets at a time.
awaitable<void> clean_caches(app& a, runtime& rt) {
    while (!rt.stopping()) {
        waiter pause(a.on.get_executor());
        co_await pause.wait(deadline::after(1s));
        a.all.persons.clean_up();
        a.all.ledgers.clean_up();
        a.all.pages.clean_up();
    }
}

// First answers of keyed requests are kept for three days; the old ones go in steps of bounded size.
awaitable<void> forget_answers(app& a, runtime& rt) {
    for (int seconds = 1; !rt.stopping(); ++seconds) {
        waiter pause(a.on.get_executor());
        co_await pause.wait(deadline::after(1s));
        if (seconds % 60 != 0 || !a.db.ready()) continue;
        try {
            for (bool more = true; more && !rt.stopping();) {
                const bool left = co_await a.ledger.forget_old_answers(deadline::after(2s));
                more = left;
            }
        } catch (const std::exception& e) {
            a.all.log.warn("forget_answers_failed").with("error", e.what());
        }
    }
}

// What belongs to one worker, in the order it is made; undone in reverse.
struct worker_parts {
    worker_parts(shared& all, worker& on)
        : a(all, on),
          outside(public_routes(), a, all.log, all.metrics, "finance"),
          server(on, options_of(all.set, "finance"), outside, all.log, all.metrics) {}
    app a;
    dispatcher outside;
    http::server server;
};

}  // namespace

int serve(config& from) {
    settings set(from);
    platform::apply_malloc_limits(set.derived.malloc_arenas);
    logger log("finance", set.level);
    runtime rt(set.workers, log, set.drain);
    shared all(std::move(set), from.settings(), log);
    all.loops = &rt;

    std::vector<std::unique_ptr<worker_parts>> parts;
    std::vector<http::server*> servers;
    for (unsigned i = 0; i < rt.size(); ++i) {
        parts.push_back(std::make_unique<worker_parts>(all, rt.at(i)));
        all.apps.push_back(&parts.back()->a);
        servers.push_back(&parts.back()->server);
    }
    app& first = parts.front()->a;
    const executor home = rt.at(0).get_executor();
    const auto refetch = [&first, &all, home](deadline d) -> awaitable<std::string> {  // on worker 0, whoever asks
        auto fetch = fetch_jwks(first.auth_inside, all.set.internal_token, d);
        auto text = co_await asio::co_spawn(home, std::move(fetch), use_awaitable);
        co_return text;
    };
    all.tokens = std::make_unique<jwt::validator>(validation_of(all.set), all.revoked, refetch);
    jwt::feed_options feed_options;
    feed_options.internal_token = all.set.internal_token.copy();
    jwt::revocation_feed feed(home, first.auth_inside, all.revoked, *all.tokens, std::move(feed_options), log);
    all.feed = &feed;

    const auto forget = [&all](const uuid& id) {
        all.persons.invalidate(id);
        all.ledgers.invalidate(id);
    };
    const auto forget_all = [&all] {
        all.persons.clear();
        all.ledgers.clear();
    };
    const auto changes = std::make_shared<invalidations>(home, first.db, forget, forget_all, log);
    const auto on_notify = [changes](const std::string&, const std::string& payload) { changes->notified(payload); };
    db::listener hints(home, all.set.database.options(), {"finance_invalidations"}, on_notify, log);

    dispatcher inside(internal_routes(), first, log, all.metrics, "finance_internal");
    http::server internal_server(rt.at(0), options_of(all.set, "finance_internal"), inside, log, all.metrics);
    http::listener listener(rt, all.set.listen, all.set.port, servers, log, "finance");
    http::listener internal_listener(rt, all.set.internal_listen, all.set.internal_port, {&internal_server}, log);
    listener.start();
    internal_listener.start();
    log.info("listening")
        .with("port", static_cast<int>(listener.port()))
        .with("internal_port", static_cast<int>(internal_listener.port()));

    rt.spawn(0, "revocation_feed", [&feed]() -> awaitable<void> {
        feed.start();
        co_return;
    });
    rt.spawn(0, "follow_invalidations", [changes] { return changes->follow(); });
    rt.spawn(0, "clean_caches", [&first, &rt] { return clean_caches(first, rt); });
    rt.spawn(0, "forget_answers", [&first, &rt] { return forget_answers(first, rt); });
    rt.spawn(0, "announce_ready", [&first, &rt] { return announce_ready(first, rt); });

    rt.on_stop(stop_stage::drain, 0, [&](deadline d) -> awaitable<void> {
        co_await listener.close();
        co_await internal_listener.close();
        co_await internal_server.drain(d);
    });
    rt.on_stop(stop_stage::drain, 0, [&feed, changes](deadline d) -> awaitable<void> {
        changes->close();
        co_await feed.close(d);
    });
    for (unsigned i = 0; i < rt.size(); ++i) {
        auto& p = *parts[i];
        rt.on_stop(stop_stage::drain, i, [&p](deadline d) { return p.server.drain(d); });
        rt.on_stop(stop_stage::close, i, [&p](deadline d) -> awaitable<void> {
            // No request is left by now; a long poll may be, and nobody needs its answer.
            co_await p.a.auth_inside.close(d.capped(100ms));
            co_await p.a.db.close(d);
        });
    }
    rt.on_stop(stop_stage::close, 0, [&hints](deadline d) { return hints.close(d); });
    const int status = rt.run();
    log.info("stopped").with("status", status);
    return status;
}

}  // namespace mita::finance

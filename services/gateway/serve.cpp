#include "gateway/serve.hpp"

#include "gateway/app.hpp"
#include "gateway/pass.hpp"
#include "http/check_ready.hpp"
#include "http/server.hpp"
#include "jwt/bearer.hpp"

#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <memory>
#include <utility>
#include <vector>

namespace mita::gateway {

namespace {

http::server_options options_of(const settings& s) {
    http::server_options o;
    o.name = "gateway";
    o.handle_timeout = s.request_timeout;
    o.trusted_peers = s.trusted_proxies;
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

struct worker_parts {
    worker_parts(shared& all, worker& on)
        : a(all, on), way(a), server(on, options_of(all.set), way, all.log, all.metrics) {}
    app a;
    pass way;
    http::server server;
};

}  // namespace

int serve(config& from) {
    settings set(from);
    platform::apply_malloc_limits(set.derived.malloc_arenas);
    logger log("gateway", set.level);
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
    inside own(first);
    http::server own_server(rt.at(0), options_of(all.set), own, log, all.metrics);
    jwt::feed_options feed_options;
    feed_options.internal_token = all.set.internal_token.copy();
    jwt::revocation_feed feed(home, first.auth_inside, all.revoked, *all.tokens, std::move(feed_options), log);
    all.feed = &feed;
    http::listener listener(rt, all.set.listen, all.set.port, servers, log, "gateway");
    http::listener own_listener(rt, all.set.internal_listen, all.set.internal_port, {&own_server}, log);
    listener.start();
    own_listener.start();
    log.info("listening")
        .with("port", static_cast<int>(listener.port()))
        .with("internal_port", static_cast<int>(own_listener.port()));

    rt.spawn(0, "revocation_feed", [&feed]() -> awaitable<void> {
        feed.start();
        co_return;
    });
    rt.spawn(0, "watch_auth", [&first] { return watch(first, true); });
    rt.spawn(0, "watch_finance", [&first] { return watch(first, false); });

    rt.on_stop(stop_stage::drain, 0, [&](deadline d) -> awaitable<void> {
        co_await listener.close();
        co_await own_listener.close();
        co_await own_server.drain(d);
    });
    for (unsigned i = 0; i < rt.size(); ++i) {
        auto& p = *parts[i];
        rt.on_stop(stop_stage::drain, i, [&p](deadline d) { return p.server.drain(d); });
        rt.on_stop(stop_stage::close, i, [&p](deadline d) -> awaitable<void> {
            co_await p.a.auth.close(d);
            co_await p.a.finance.close(d);
            co_await p.a.auth_inside.close(d);
            co_await p.a.finance_inside.close(d);
        });
    }
    rt.on_stop(stop_stage::drain, 0, [&feed](deadline d) { return feed.close(d); });
    const int status = rt.run();
    log.info("stopped").with("status", status);
    return status;
}

int show_config(config& from) {
    try {
        const settings s(from);
    } catch (const config_error& e) {
        from.print(std::cout);
        std::cerr << e.what() << '\n';
        return 2;
    }
    from.print(std::cout);
    return 0;
}

int healthcheck(config& from) {
    const auto given = from.integer("PORT", 8080, 1, 65535);
    const auto port = from.integer("MITA_GATEWAY_PORT", given, 1, 65535);
    from.finish();
    return http::check_ready(static_cast<std::uint16_t>(port));
}

}  // namespace mita::gateway

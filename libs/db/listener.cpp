#include "db/listener.hpp"

#include "core/repeated_job.hpp"
#include "db/connection.hpp"

#include <atomic>
#include <deque>
#include <optional>
#include <random>
#include <utility>

namespace mita::db {

namespace {

using namespace std::chrono_literals;

constexpr auto first_pause = 20ms;
constexpr auto longest_pause = 1000ms;
constexpr auto probe_interval = 10s;  // a link that went dead silently is found so, not only by keepalives
constexpr auto probe_limit = 5s;

constexpr statement still_there{"listener_probe", "select 1"};

std::string quoted(const std::string& channel) {
    std::string out = "\"";
    for (const char c : channel) {
        if (c == '"') out += '"';
        out += c;
    }
    return out + '"';
}

connection_options listening_options_of(const pool_options& o) {
    session_settings s;
    s.application_name = o.application_name + "-listener";
    s.search_path = o.search_path;
    s.statement_timeout = o.statement_timeout;
    connection_options out(startup_of(o.url, s));
    out.prepared = false;
    return out;
}

}  // namespace

struct listener::impl : std::enable_shared_from_this<listener::impl> {
    using self_ptr = std::shared_ptr<impl>;

    impl(executor e, const pool_options& o, std::vector<std::string> names, handler f, logger& l)
        : ex(e),
          link_options(listening_options_of(o)),
          connect_timeout(o.connect_timeout),
          on_notify(std::move(f)),
          log(l),
          wake(e) {
        for (auto& name : names) {
            commands.push_back("listen " + quoted(name));
            statements.emplace_back("listen", commands.back());
        }
        channels = std::move(names);
    }

    static awaitable<void> maintain(self_ptr self);
    static awaitable<std::shared_ptr<connection>> subscribe(self_ptr self);
    static awaitable<void> serve(self_ptr self, std::shared_ptr<connection> link);
    static awaitable<void> close(self_ptr self) {
        self->stop();
        co_return;
    }

    void stop() {
        stopped = true;
        up = false;
        on_notify = nullptr;
        if (link) link->close();
        wake.cancel();
        if (upkeep) upkeep->halt();
    }

    void start() {
        upkeep = std::make_shared<repeated_job>(ex, log, "db_listener", at_once_then(),
                                                [this] { return maintain(shared_from_this()); });
        upkeep->start();
    }

    executor ex;
    connection_options link_options;
    std::chrono::milliseconds connect_timeout;
    handler on_notify;
    logger& log;
    steady_timer wake;
    std::vector<std::string> channels;
    std::deque<std::string> commands;  // a deque: the statements point into it
    std::deque<statement> statements;
    std::shared_ptr<connection> link;
    std::shared_ptr<repeated_job> upkeep;  // maintain(), begun anew should it end early; halted by stop()
    std::minstd_rand random{std::random_device{}()};
    bool stopped = false;
    std::atomic<bool> up{false};
};

awaitable<void> listener::impl::maintain(self_ptr self) {
    unsigned failures = 0;
    while (!self->stopped) {
        std::optional<error> failure;
        std::shared_ptr<connection> link;
        try {
            link = co_await subscribe(self);
        } catch (const error& e) {
            failure = e;
        } catch (const std::exception& e) {
            failure = error("08001", "", e.what());
        }
        if (self->stopped) {
            if (link) link->close();
            break;
        }
        if (link) {
            const auto began = std::chrono::steady_clock::now();
            co_await serve(self, std::move(link));
            self->up = false;
            failures = std::chrono::steady_clock::now() - began > 1s ? 0 : failures + 1;
        } else {
            if ((failures & (failures + 1)) == 0) self->log.warn("db_listener_down").with("reason", failure->what());
            ++failures;
        }
        if (self->stopped) break;
        if (failures == 0) continue;
        const auto full =
            std::min<std::chrono::milliseconds>(longest_pause, first_pause * (1 << std::min(failures - 1, 10u)));
        const std::chrono::duration<double, std::milli> pause(
            static_cast<double>(full.count()) * std::uniform_real_distribution<double>(0.5, 1.0)(self->random));
        self->wake.expires_after(std::chrono::duration_cast<std::chrono::milliseconds>(pause));
        error_code ec;
        co_await self->wake.async_wait(to(ec));
    }
}

awaitable<std::shared_ptr<connection>> listener::impl::subscribe(self_ptr self) {
    const auto limit = deadline::after(self->connect_timeout);
    auto link = co_await connection::open(self->ex, self->link_options, limit, self->log);
    if (self->stopped) {
        link->close();
        co_return nullptr;
    }
    connection::hooks h;
    const std::weak_ptr<impl> weak = self;
    h.lost = [weak] {
        if (const auto s = weak.lock()) s->wake.cancel();
    };
    h.notified = [weak](const std::string& channel, const std::string& payload) {
        const auto s = weak.lock();
        if (s && s->on_notify) s->on_notify(channel, payload);
    };
    link->set_hooks(std::move(h));
    std::vector<batch::item> what;
    for (const auto& s : self->statements) what.emplace_back(&s, params());
    const auto c = std::make_shared<call>(self->ex, std::move(what));
    link->submit(c);
    const bool answered = co_await c->done.wait(limit);
    if (!answered || c->failure) {
        link->close();
        throw c->failure ? error(*c->failure) : error("08001", "", "LISTEN took too long");
    }
    co_return link;
}

// Until the link is lost or the listener stops.
awaitable<void> listener::impl::serve(self_ptr self, std::shared_ptr<connection> link) {
    self->link = link;
    self->up = true;
    // What was missed meanwhile is unknown: everybody looks for himself once.
    for (const auto& channel : self->channels)
        if (self->on_notify) self->on_notify(channel, "");
    while (link->alive() && !self->stopped) {
        error_code ec;
        self->wake.expires_after(probe_interval);
        co_await self->wake.async_wait(to(ec));
        if (!link->alive() || self->stopped) break;
        std::vector<batch::item> what;
        what.emplace_back(&still_there, params());
        const auto c = std::make_shared<call>(self->ex, std::move(what));
        link->submit(c);
        const auto limit = deadline::after(probe_limit);
        const bool answered = co_await c->done.wait(limit);
        if (!answered) link->close();
    }
    link->close();
    self->link.reset();
}

listener::listener(executor ex, const pool_options& options, std::vector<std::string> channels, handler on_notify,
                   logger& log)
    : impl_(std::make_shared<impl>(ex, options, std::move(channels), std::move(on_notify), log)) {
    impl_->start();
}

listener::~listener() { impl_->stop(); }

bool listener::connected() const { return impl_->up; }

awaitable<void> listener::close(deadline) { return impl::close(impl_); }

}  // namespace mita::db

#include "jwt/revocation_feed.hpp"

#include "cache/keyed_hash.hpp"
#include "core/clock.hpp"
#include "core/repeated_job.hpp"
#include "core/runtime.hpp"
#include "core/waiter.hpp"
#include "jwt/bearer.hpp"
#include "jwt/feed_page.hpp"

#include <algorithm>
#include <atomic>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace mita::jwt {

namespace {

using std::chrono::milliseconds;

// Short at first: whoever starts beside auth is ready as soon as auth is (B10).
constexpr milliseconds first_pause{10}, longest_pause{1'000};
constexpr milliseconds call_time{3'000};  // for an answer, beyond the wait that was asked for

std::int64_t steady_ms() {
    return std::chrono::floor<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

struct revocation_feed::impl : std::enable_shared_from_this<revocation_feed::impl> {
    impl(executor e, http::sender& c, revocations& r, validator& v, feed_options opts, logger& l)
        : ex(e), auth(c), into(r), keys(v), o(std::move(opts)), log(l), random(cache::random_hash_key().k0) {
        poll = std::min(o.poll, keys.feed_silence_limit() / 5);
        authorization = authorization_line(o.internal_token);
    }
    void start() {
        looks = std::make_shared<repeated_job>(
            ex, log, "revocation_feed", [this] { return rest; }, [this] { return look(shared_from_this()); });
        looks->start();
    }

    // A call of its own coroutine, so that close() need not wait for it.
    struct call {
        explicit call(executor e) : done(e) {}
        waiter done;
        std::optional<http::client_response> answer;
        std::string error = "no answer in time";
    };
    using self_ptr = std::shared_ptr<impl>;

    static awaitable<void> carry(self_ptr self, std::shared_ptr<call> c, http::client_request request, deadline d);
    static awaitable<std::shared_ptr<call>> ask(self_ptr self, std::string target, milliseconds time);
    static awaitable<void> wait(self_ptr self, std::shared_ptr<waiter> on, deadline d);
    static awaitable<bool> read_keys(self_ptr self);
    static awaitable<bool> read_feed(self_ptr self, milliseconds how_long);
    static awaitable<void> look(self_ptr self);

    bool apply(const http::client_response& answer, std::int64_t asked_after);
    void lost(std::string_view what, std::string_view why);
    milliseconds next_pause();
    void stop() {
        stopping = true;
        if (sleeping) sleeping->notify();
        if (looks) looks->halt();
    }

    executor ex;
    http::sender& auth;
    revocations& into;
    validator& keys;
    feed_options o;
    logger& log;
    milliseconds poll{0};
    std::string authorization;
    std::uint64_t random;

    std::atomic<bool> connected{false};
    bool stopping = false, complained = false;
    bool keys_wanted = true;
    bool answered_nothing = false;   // the last answer had no entries
    std::vector<revocation> people;  // of the last answer
    std::int64_t keys_read_ms = 0;
    milliseconds pause = first_pause, rest{0};  // rest: before the next look
    std::shared_ptr<waiter> sleeping;           // what a look waits for, woken by stop()
    std::shared_ptr<repeated_job> looks;        // null: not started
};

awaitable<void> revocation_feed::impl::carry(self_ptr self, std::shared_ptr<call> c, http::client_request request,
                                             deadline d) {
    try {
        c->answer = co_await self->auth.send(std::move(request), d);
    } catch (const std::exception& e) {
        c->error = e.what();
    }
    c->done.notify();
}

awaitable<void> revocation_feed::impl::wait(self_ptr self, std::shared_ptr<waiter> on, deadline d) {
    if (self->stopping) co_return;
    self->sleeping = on;
    co_await on->wait(d);
    self->sleeping = nullptr;
}

// The call, with an answer of status 200 or an error said in it.
awaitable<std::shared_ptr<revocation_feed::impl::call>> revocation_feed::impl::ask(self_ptr self, std::string target,
                                                                                   milliseconds time) {
    auto c = std::make_shared<call>(self->ex);
    http::client_request request(http::verb::get, std::move(target));
    request.headers = self->authorization;
    const deadline d = deadline::after(time);
    spawn_logged(self->ex, self->log, "revocation_feed_call", carry(self, c, std::move(request), d));
    const std::shared_ptr<waiter> done(c, &c->done);
    const deadline patience = deadline::after(time + milliseconds(500));
    co_await wait(self, done, patience);
    if (c->answer && c->answer->status != 200) {
        c->error = "status " + std::to_string(c->answer->status);
        c->answer.reset();
    }
    co_return c;
}

awaitable<bool> revocation_feed::impl::read_keys(self_ptr self) {
    const std::shared_ptr<call> c = co_await ask(self, "/internal/v1/jwks", call_time);
    if (self->stopping) co_return false;
    if (!c->answer) {
        self->lost("jwks", c->error);
        co_return false;
    }
    try {
        self->keys.set_keys(key_set::from_jwks(c->answer->body));
    } catch (const std::exception& e) {
        self->lost("jwks", e.what());
        co_return false;
    }
    self->keys_wanted = false;
    self->keys_read_ms = steady_ms();
    co_return true;
}

bool revocation_feed::impl::apply(const http::client_response& answer, std::int64_t asked_after) {
    const auto page = read_feed_page(answer.body);
    if (!page) {
        lost("revocations", "the answer is malformed");
        return false;
    }
    if (page->unknown != 0)
        log.warn("revocation_kind_unknown").with("count", static_cast<std::uint64_t>(page->unknown));
    answered_nothing = page->entries.empty();
    const std::int64_t now = wall::unix_seconds();
    const bool gap = !page->reset && page->sequence < asked_after;  // auth knows less than we: read all of it again
    if (page->reset || gap) {
        into.restart(page->entries, gap ? 0 : page->sequence, now);
    } else {
        into.apply(page->entries, page->sequence, now);
    }
    for (const auto& e : page->entries) {
        if (e.kind == revocation_kind::key) keys_wanted = true;
        if (e.kind == revocation_kind::person) people.push_back(e);
    }
    into.heard(steady_ms());
    return true;
}

awaitable<bool> revocation_feed::impl::read_feed(self_ptr self, milliseconds how_long) {
    const std::int64_t after = self->into.sequence();
    std::string target =
        "/internal/v1/revocations?after=" + std::to_string(after) + "&wait_ms=" + std::to_string(how_long.count());
    const std::shared_ptr<call> c = co_await ask(self, std::move(target), how_long + call_time);
    if (self->stopping) co_return false;
    if (!c->answer) {
        self->lost("revocations", c->error);
        co_return false;
    }
    const bool applied = self->apply(*c->answer, after);
    auto people = std::exchange(self->people, {});
    if (people.empty() || !self->o.on_people) co_return applied;
    try {
        co_await self->o.on_people(std::move(people));
    } catch (const std::exception& e) {
        self->log.warn("people_not_told").with("error", e.what());
    }
    co_return applied;
}

void revocation_feed::impl::lost(std::string_view what, std::string_view why) {
    connected.store(false, std::memory_order_relaxed);
    if (std::exchange(complained, true)) return;  // once per loss; metrics show how long
    log.warn("revocation_feed_lost").with("call", what).with("error", why);
}

// Exponential with full jitter on the upper half.
milliseconds revocation_feed::impl::next_pause() {
    const auto half = pause / 2;
    const auto extra =
        static_cast<std::int64_t>(cache::next_random(random) % static_cast<std::uint64_t>(half.count() + 1));
    pause = std::min(pause * 2, longest_pause);
    return half + milliseconds(extra);
}

awaitable<void> revocation_feed::impl::look(self_ptr self) {
    impl& f = *self;
    f.rest = f.next_pause();  // unless all is well
    bool good = true;
    if (steady_ms() - f.keys_read_ms >= f.o.key_refresh.count()) f.keys_wanted = true;
    if (f.keys_wanted) {
        good = co_await read_keys(self);
    }
    // The first look, and any look while the keys are missing, does not wait: readiness and C7 hang on it.
    milliseconds how_long = f.poll;
    if (!good || !f.connected.load(std::memory_order_relaxed)) how_long = milliseconds(0);
    const std::int64_t asked_ms = steady_ms();
    const bool followed = co_await read_feed(self, how_long);
    if (f.stopping) co_return;
    f.keys.clean_up();
    if (!good || !followed) co_return;
    if (!f.connected.exchange(true, std::memory_order_relaxed))
        f.log.info("revocation_feed_connected").with("sequence", f.into.sequence());
    f.complained = false;
    f.pause = first_pause;
    // An empty answer that came too early would make a busy loop of a poll that does not wait.
    const bool early = f.answered_nothing && steady_ms() - asked_ms < how_long.count() / 2;
    f.rest = early ? f.next_pause() : milliseconds(0);
}

revocation_feed::revocation_feed(executor ex, http::sender& auth_internal, revocations& into, validator& keys,
                                 feed_options o, logger& log)
    : impl_(std::make_shared<impl>(ex, auth_internal, into, keys, std::move(o), log)) {}

revocation_feed::~revocation_feed() { impl_->stop(); }

void revocation_feed::start() {
    if (impl_->looks == nullptr) impl_->start();
}

bool revocation_feed::connected() const { return impl_->connected.load(std::memory_order_relaxed); }

awaitable<void> revocation_feed::close(deadline d) {
    const auto self = impl_;
    self->stop();
    self->connected.store(false, std::memory_order_relaxed);
    if (self->looks != nullptr) {
        co_await self->looks->stop(d);
    }
}

}  // namespace mita::jwt

#include "auth/revocation/revocation_hub.hpp"

#include "auth/revocation/judging_clock_store.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"

#include <boost/asio/post.hpp>

#include <chrono>
#include <exception>
#include <utility>

namespace mita::auth {

namespace {

using std::chrono::milliseconds;
constexpr milliseconds poll_interval{1'000}, read_limit{2'000}, settle_limit{100}, retry_pause{200};
// Between two readings that go well, and a second: another instance may have written what is not known here.
constexpr milliseconds longest_between = poll_interval + read_limit + milliseconds(1'000);

std::int64_t steady_ms() {
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

revocation_hub::revocation_hub(executor home, db::pool& db, jwt::revocations& into, std::vector<jwt::validator*> keys,
                               key_ring& ring, logger& log, fatal on_wrong_secret)
    : home_(home),
      db_(db),
      into_(into),
      keys_(std::move(keys)),
      ring_(ring),
      log_(log),
      on_wrong_secret_(std::move(on_wrong_secret)) {}

awaitable<void> revocation_hub::follow() {
    const auto self = shared_from_this();
    bool away = false;
    while (!closing_) {
        hint_ = std::make_shared<waiter>(home_);
        auto pause = poll_interval;
        try {
            co_await read(deadline::after(read_limit));
            if (away) log_.info("revocations_read_again");
            away = false;
        } catch (const wrong_secret& e) {
            if (!ring_.now()) {
                on_wrong_secret_(e);
                co_return;
            }
            log_.error("signing_key_not_opened").with("reason", e.what());  // another instance's: ours sign on
        } catch (const std::exception& e) {
            if (!away) log_.warn("revocations_not_read").with("reason", e.what());
            away = true;
            pause = retry_pause;
        }
        const auto hint = hint_;
        co_await hint->wait(deadline::after(pause));
    }
}

// What is revoked is known before the first key is: no token is judged in between. Later, keys come first: who hears
// that they changed asks for them at once. Keys that cannot be read hold up no revocation.
awaitable<void> revocation_hub::read(deadline d) {
    revocation_store store(db_);
    const auto after = last_ < 0 ? 0 : last_;
    auto fresh = co_await store.after(after, d);
    const bool first = !ring_.now();
    bool load_keys = first;
    for (const auto& e : fresh.entries) load_keys = load_keys || e.kind == jwt::revocation_kind::key;
    if (first) publish(std::exchange(fresh, {}));
    std::exception_ptr fault;
    if (load_keys) {
        try {
            const auto moved = co_await clock_moved(db_, d);
            co_await ring_.load(db_, moved, d);
        } catch (...) {
            fault = std::current_exception();
        }
    }
    if (!first) publish(std::move(fresh));
    if (fault) std::rethrow_exception(fault);
    if (!load_keys) co_return;
    for (auto* v : keys_) v->set_keys(ring_.now()->verifiers);
    if (first && ring_.now()->signer.alg() != ring_.wanted())
        log_.warn("jwt_algorithm_differs")
            .with("MITA_JWT_ALGORITHM", jwt::name(ring_.wanted()))
            .with("active_key", jwt::name(ring_.now()->signer.alg()))
            .with("meaning", "the active key signs until keys are rotated; the setting is for new keys");
}

void revocation_hub::publish(revocation_store::page fresh) {
    const auto now = wall::unix_seconds();
    into_.apply(fresh.entries, fresh.sequence, now);
    into_.heard(steady_ms());
    const std::scoped_lock lock(mutex_);
    if (last_ < 0) first_ = 0;
    if (fresh.sequence < last_) {  // the database was restored from a backup: start over
        kept_.clear();
        first_ = 0;
    }
    last_ = fresh.sequence;
    for (auto& e : fresh.entries) kept_.push_back(std::move(e));
    while (!kept_.empty() && kept_.front().expires_at < now) kept_.pop_front();

    std::size_t woken = 0;
    for (auto at = polls_.begin(); at != polls_.end();) {
        if ((*at)->after == last_) {
            ++at;
            continue;
        }
        wake(*at);
        at = polls_.erase(at);
        ++woken;
    }
    if (woken > 0) outstanding_ = woken;
    finish_settled();
}

void revocation_hub::wake(const std::shared_ptr<poll>& p) {
    asio::post(p->done.get_executor(), [p] { p->done.notify(); });
}

// With the lock held.
void revocation_hub::finish_settled() {
    if (outstanding_ > 0) return;
    for (auto at = settling_.begin(); at != settling_.end();) {
        if ((*at)->sequence > last_) {
            ++at;
            continue;
        }
        asio::post((*at)->done.get_executor(), [s = *at] { s->done.notify(); });
        at = settling_.erase(at);
    }
}

void revocation_hub::nudge() {
    asio::post(home_, [self = shared_from_this()] {
        if (self->hint_) self->hint_->notify();
    });
}

void revocation_hub::close() {
    asio::post(home_, [self = shared_from_this()] {
        self->closing_ = true;
        if (self->hint_) self->hint_->notify();
    });
    const std::scoped_lock lock(mutex_);
    for (const auto& p : polls_) wake(p);
    polls_.clear();
}

revocation_hub::page revocation_hub::page_after(std::int64_t after) const {
    page out;
    out.sequence = last_;
    out.reset = after < first_ || after > last_;
    for (const auto& e : kept_)
        if (out.reset || e.sequence > after) out.entries.push_back(e);
    return out;
}

// With the lock held.
void revocation_hub::require_fresh() const {
    if (last_ < 0) throw overloaded("revocations have not been read yet");
    if (into_.silent_ms() > longest_between.count()) throw overloaded("revocations cannot be read");
}

awaitable<revocation_hub::page> revocation_hub::wait_after(executor on, std::int64_t after, deadline until) {
    const auto mine = std::make_shared<poll>(on, after);
    {
        const std::scoped_lock lock(mutex_);
        require_fresh();
        if (after >= last_ && outstanding_ > 0 && --outstanding_ == 0) finish_settled();
        if (after != last_) co_return page_after(after);
        polls_.push_back(mine);
    }
    co_await mine->done.wait(until);
    const std::scoped_lock lock(mutex_);
    polls_.remove(mine);
    require_fresh();
    co_return page_after(after);
}

awaitable<void> revocation_hub::settle(executor on, std::int64_t sequence) {
    const auto mine = std::make_shared<settling>(on, sequence);
    {
        const std::scoped_lock lock(mutex_);
        if (last_ >= sequence && polls_.empty())
            co_return;  // read already, and everybody who listens has been answered
        settling_.push_back(mine);
    }
    nudge();
    const bool settled = co_await mine->done.wait(deadline::after(settle_limit));
    const std::scoped_lock lock(mutex_);
    settling_.remove(mine);
    if (!settled) outstanding_ = 0;  // a node went away while it was being told: it reads everything when it is back
}

}  // namespace mita::auth

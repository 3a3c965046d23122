#include "jwt/validator.hpp"

#include "cache/cache.hpp"
#include "cache/single_flight.hpp"
#include "jwt/public_key.hpp"
#include "jwt/token_memory.hpp"
#include "jwt/wall_watch.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

namespace mita::jwt {

namespace {

constexpr std::size_t bad_signature_slots = 1024;
constexpr std::int64_t bad_signature_ms = 10'000;
constexpr std::size_t expired_slots = 4096;
constexpr std::int64_t expired_ms = 24 * 3'600'000;

std::int64_t steady_now_ms() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// A verified token. The generations are those it was last compared with; a newer one makes the next hit compare again.
struct cached_token {
    claims c;
    std::string key_thumbprint;
    std::int64_t dies_steady_ms = 0;  // exp on the monotonic clock: a wall clock set back revives nothing (C9)
    mutable std::atomic<std::uint64_t> revocations_seen{0};
    mutable std::atomic<std::uint64_t> keys_seen{0};
};

struct token_sizer {
    static std::size_t heap(const std::string& s) { return s.capacity() > 15 ? s.capacity() + 17 : 0; }
    std::size_t operator()(const std::string& token, const cached_token& t) const {
        return sizeof(cached_token) + heap(token) + heap(t.c.issuer) + heap(t.c.audience) + heap(t.c.kid) +
               heap(t.c.who.client_id) + heap(t.c.who.scope) + heap(t.key_thumbprint);
    }
};
using token_cache = cache::cache<std::string, cached_token, token_sizer>;
using refetch_flight = cache::flight<bool>;

cache::options cache_options(const validator_options& o) {
    cache::options c;
    c.max_bytes = o.cache_bytes;
    c.ttl = o.cache_ttl;
    return c;
}

}  // namespace

struct validator::impl {
    impl(validator_options opts, revocations& r, refetch_fn f)
        : o(std::move(opts)), revoked(r), refetch(std::move(f)), tokens(cache_options(o)) {
        o.rules.skew_s = std::clamp<std::int64_t>(o.rules.skew_s, 0, longest_skew_s);
        if (o.steady_ms == nullptr) o.steady_ms = &steady_now_ms;
    }

    // When a check began, by both clocks and in revocations.
    struct moment {
        std::uint64_t revocations_seen;
        std::int64_t wall_s, steady_ms;
    };
    moment now() {
        const std::uint64_t seen = revoked.generation();
        const moment m{seen, o.unix_seconds(), o.steady_ms()};
        watch.observe(m.wall_s, m.steady_ms);
        return m;
    }
    std::pair<key_set, std::uint64_t> current_keys() const {
        const std::lock_guard lock(keys_mutex);
        return {keys, keys_generation.load(std::memory_order_relaxed)};
    }

    void set(key_set fresh) {
        const std::lock_guard lock(keys_mutex);
        has_keys.store(fresh.size() != 0, std::memory_order_release);
        keys = std::move(fresh);
        keys_generation.fetch_add(1, std::memory_order_release);
    }

    bool expired(const claims& c, const moment& m) const {
        return watch.judge_at(c.issued_at, m.wall_s, m.steady_ms) >= c.who.expires_at + o.rules.skew_s;
    }
    bool key_still_trusted(const cached_token& t) const;
    verdict recheck(const cached_token& t, const moment& m) const;
    decoded verify_and_keep(std::string_view token, const moment& m);
    void keep(std::string_view token, const decoded& seen, const moment& m, const key_set& with,
              std::uint64_t keys_seen);
    decoded check_now(std::string_view token);

    std::shared_ptr<refetch_flight> join_refetch(executor asking);
    static awaitable<void> run_refetch(impl* self, std::shared_ptr<refetch_flight> flight);

    validator_options o;
    revocations& revoked;
    refetch_fn refetch;
    token_cache tokens;
    token_memory bad_signatures{bad_signature_slots};
    token_memory dead{expired_slots};
    wall_watch watch;

    mutable std::mutex keys_mutex;
    key_set keys;
    std::atomic<std::uint64_t> keys_generation{0};
    std::atomic<bool> has_keys{false};

    std::mutex refetch_mutex;
    std::shared_ptr<refetch_flight> refetching;
    std::optional<std::int64_t> refetched_ms;  // start of the last one

    std::atomic<std::uint64_t> crypto{0}, refetch_count{0}, refetch_failed{0};
};

bool validator::impl::key_still_trusted(const cached_token& t) const {
    if (t.keys_seen.load(std::memory_order_relaxed) == keys_generation.load(std::memory_order_acquire)) return true;
    const auto [set, generation] = current_keys();
    const public_key* key = set.find(t.c.kid);
    if (key == nullptr || key->thumbprint != t.key_thumbprint) return false;
    t.keys_seen.store(generation, std::memory_order_relaxed);
    return true;
}

// C2: everything a signature does not settle, again on each hit.
verdict validator::impl::recheck(const cached_token& t, const moment& m) const {
    if (m.steady_ms >= t.dies_steady_ms || expired(t.c, m)) return verdict::expired;
    const std::int64_t latest = m.wall_s + o.rules.skew_s;
    if (t.c.not_before > latest || t.c.issued_at > latest) return verdict::not_yet_valid;
    if (t.c.audience != o.rules.audience) return verdict::wrong_audience;
    if (!key_still_trusted(t)) return verdict::unknown_key;
    const std::uint64_t generation = revoked.generation();
    if (t.revocations_seen.load(std::memory_order_relaxed) != generation) {
        if (revoked.revoked(t.c)) return verdict::revoked;
        t.revocations_seen.store(generation, std::memory_order_relaxed);
    }
    return verdict::ok;
}

void validator::impl::keep(std::string_view token, const decoded& seen, const moment& m, const key_set& with,
                           std::uint64_t keys_seen) {
    if (o.cache_bytes == 0) return;
    // C4: something was revoked, or the keys changed, while we verified: the next call verifies again.
    if (revoked.generation() != m.revocations_seen || keys_generation.load(std::memory_order_acquire) != keys_seen)
        return;
    const std::int64_t left_ms = (seen.value->who.expires_at + o.rules.skew_s - m.wall_s) * 1000;
    auto kept = std::make_shared<cached_token>();
    kept->c = *seen.value;
    kept->key_thumbprint = with.find(kept->c.kid)->thumbprint;
    kept->dies_steady_ms = m.steady_ms + left_ms;
    kept->revocations_seen.store(m.revocations_seen, std::memory_order_relaxed);
    kept->keys_seen.store(keys_seen, std::memory_order_relaxed);
    tokens.insert(std::string(token), std::move(kept), std::min(o.cache_ttl, std::chrono::milliseconds(left_ms)));
}

decoded validator::impl::verify_and_keep(std::string_view token, const moment& m) {
    const auto [set, keys_seen] = current_keys();
    const auto bad = bad_signatures.digest_of(token, keys_seen);
    if (bad_signatures.contains(bad, m.steady_ms)) return {verdict::bad_signature, nullptr};
    const auto gone = dead.digest_of(token);
    if (dead.contains(gone, m.steady_ms)) return {verdict::expired, nullptr};

    decoded seen = verify(token, set, o.rules, m.wall_s);
    if (seen.result != verdict::malformed && seen.result != verdict::unsupported && seen.result != verdict::unknown_key)
        crypto.fetch_add(1, std::memory_order_relaxed);
    if (seen.result == verdict::ok && expired(*seen.value, m)) seen = {verdict::expired, nullptr};
    if (seen.result == verdict::bad_signature) bad_signatures.add(bad, m.steady_ms + bad_signature_ms);
    if (seen.result == verdict::expired) dead.add(gone, m.steady_ms + expired_ms);
    if (seen.result != verdict::ok) return seen;
    if (revoked.revoked(*seen.value)) return {verdict::revoked, nullptr};
    keep(token, seen, m, set, keys_seen);
    return seen;
}

decoded validator::impl::check_now(std::string_view token) {
    if (token.size() > max_token) return {verdict::malformed, nullptr};  // before hashing it (T9)
    const moment m = now();
    if (o.cache_bytes != 0) {
        auto hit = tokens.find(token);
        if (hit) {
            const verdict v = recheck(*hit->value, m);
            if (v == verdict::ok) {
                const claims* c = &hit->value->c;
                return {v, std::shared_ptr<const claims>(std::move(hit->value), c)};
            }
            if (v == verdict::expired) dead.add(dead.digest_of(token), m.steady_ms + expired_ms);
            // Of a removed or replaced key: verified anew, so that the answer is the key set's.
            if (v != verdict::unknown_key) return {v, nullptr};
        }
    }
    return verify_and_keep(token, m);
}

std::shared_ptr<refetch_flight> validator::impl::join_refetch(executor asking) {
    std::shared_ptr<refetch_flight> flight;
    {
        const std::lock_guard lock(refetch_mutex);
        if (refetching) return refetching;
        const std::int64_t at = o.steady_ms();
        if (!refetch || (refetched_ms && at - *refetched_ms < o.refetch_interval.count())) return nullptr;
        refetched_ms = at;
        refetching = flight = std::make_shared<refetch_flight>();
    }
    // run_refetch catches all: nothing can come out of it.
    asio::co_spawn(o.refetch_on.value_or(asking), run_refetch(this, flight), [](std::exception_ptr) {});
    return flight;
}

awaitable<void> validator::impl::run_refetch(impl* self, std::shared_ptr<refetch_flight> flight) {
    bool good = false;
    try {
        const deadline until = deadline::after(self->o.refetch_timeout);
        const std::string text = co_await self->refetch(until);
        const key_set fresh = key_set::from_jwks(text);
        self->set(fresh);
        good = true;
    } catch (const std::exception&) {
        self->refetch_failed.fetch_add(1, std::memory_order_relaxed);
    }
    self->refetch_count.fetch_add(1, std::memory_order_relaxed);
    {
        const std::lock_guard lock(self->refetch_mutex);
        self->refetching = nullptr;
    }
    flight->finish(good, nullptr);
}

validator::validator(validator_options o, revocations& revoked, refetch_fn refetch)
    : impl_(std::make_unique<impl>(std::move(o), revoked, std::move(refetch))) {}
validator::~validator() = default;

void validator::set_keys(key_set keys) { impl_->set(std::move(keys)); }
bool validator::has_keys() const { return impl_->has_keys.load(std::memory_order_acquire); }

bool validator::can_judge() const { return has_keys() && impl_->revoked.known(); }

awaitable<decoded> validator::check(std::string_view token, deadline d) {
    decoded seen = impl_->check_now(token);
    if (seen.result != verdict::unknown_key) co_return seen;
    executor ex = co_await asio::this_coro::executor;
    const std::shared_ptr<refetch_flight> flight = impl_->join_refetch(ex);
    if (!flight) co_return seen;
    const bool fresh = co_await refetch_flight::wait(flight, d);
    if (fresh) seen = impl_->check_now(token);
    co_return seen;
}

decoded validator::check_now(std::string_view token) { return impl_->check_now(token); }
bool validator::degraded() const { return impl_->revoked.silent_ms() > impl_->o.feed_silence_limit.count(); }
std::chrono::milliseconds validator::feed_silence_limit() const { return impl_->o.feed_silence_limit; }
cache::stats validator::cache_stats() const { return impl_->tokens.snapshot(); }
std::uint64_t validator::verified_by_crypto() const { return impl_->crypto.load(std::memory_order_relaxed); }
std::uint64_t validator::refetches() const { return impl_->refetch_count.load(std::memory_order_relaxed); }
std::uint64_t validator::refetch_failures() const { return impl_->refetch_failed.load(std::memory_order_relaxed); }
void validator::clean_up() { impl_->tokens.clean_up(); }

}  // namespace mita::jwt

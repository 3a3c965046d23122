#include "jwt/revocations.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <unordered_map>

namespace mita::jwt {

namespace {

constexpr std::int64_t margin_s = 60;  // kept beyond expires_at: clocks of services differ, and tokens have a skew
constexpr std::int64_t prune_every_s = 30;
constexpr std::int64_t unknown_lifetime_s = 3600;  // of an entry without expires_at: longer than any access token

std::int64_t steady_seconds() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct record {
    std::int64_t not_before = 0;
    std::int64_t expires_at = 0;
    std::int64_t steady_until = 0;  // a wall clock that jumps ahead must not make us forget (C9)
};

// True when this said something new.
bool merge(record& into, const record& from) {
    const bool news = into.expires_at == 0 || from.not_before > into.not_before || from.expires_at > into.expires_at;
    into.not_before = std::max(into.not_before, from.not_before);
    into.expires_at = std::max(into.expires_at, from.expires_at);
    into.steady_until = std::max(into.steady_until, from.steady_until);
    return news;
}

template <class Map>
void prune(Map& map, std::int64_t now, std::int64_t steady) {
    std::erase_if(
        map, [&](const auto& e) { return e.second.expires_at + margin_s < now && e.second.steady_until < steady; });
}

}  // namespace

struct revocations::impl {
    using by_id = std::unordered_map<uuid, record>;

    by_id& of(revocation_kind kind) {
        if (kind == revocation_kind::user) return users;
        return kind == revocation_kind::token ? tokens : sessions;
    }
    bool add(const revocation& e, std::int64_t now, std::int64_t steady) {
        if (e.kind == revocation_kind::person) return false;
        const std::int64_t expires_at = e.expires_at > 0 ? e.expires_at : now + unknown_lifetime_s;
        const record r{e.not_before, expires_at, steady + std::max<std::int64_t>(0, expires_at - now) + margin_s};
        if (e.kind == revocation_kind::key) return merge(keys[e.id], r);
        const auto id = uuid::parse(e.id);
        return id && merge(of(e.kind)[*id], r);
    }
    std::size_t size() const { return sessions.size() + users.size() + tokens.size() + keys.size(); }
    void forget_old(std::int64_t now, std::int64_t steady) {
        if (steady < next_prune && size() < 2 * size_after_prune + 4096) return;
        prune(sessions, now, steady);
        prune(users, now, steady);
        prune(tokens, now, steady);
        prune(keys, now, steady);
        next_prune = steady + prune_every_s;
        size_after_prune = size();
    }
    void apply(const std::vector<revocation>& entries, std::int64_t now) {
        const std::int64_t steady = steady_seconds();
        bool news = false;
        for (const auto& e : entries) news = add(e, now, steady) || news;
        forget_old(now, steady);
        if (news) generation.fetch_add(1, std::memory_order_release);
    }

    mutable std::shared_mutex mutex;
    by_id sessions, users, tokens;
    std::unordered_map<std::string, record> keys;
    std::int64_t next_prune = 0;
    std::size_t size_after_prune = 0;
    std::atomic<std::int64_t> sequence{0};
    std::atomic<std::uint64_t> generation{0};
    std::atomic<std::int64_t> heard_ms{std::numeric_limits<std::int64_t>::min()};
};

revocations::revocations() : impl_(std::make_unique<impl>()) {}
revocations::~revocations() = default;

void revocations::apply(const std::vector<revocation>& entries, std::int64_t complete_up_to, std::int64_t now) {
    const std::unique_lock lock(impl_->mutex);
    impl_->apply(entries, now);
    if (complete_up_to > impl_->sequence.load(std::memory_order_relaxed))
        impl_->sequence.store(complete_up_to, std::memory_order_release);
}

void revocations::restart(const std::vector<revocation>& everything, std::int64_t complete_up_to, std::int64_t now) {
    const std::unique_lock lock(impl_->mutex);
    impl_->apply(everything, now);
    impl_->sequence.store(complete_up_to, std::memory_order_release);
}

bool revocations::revoked(const claims& c) const {
    const std::shared_lock lock(impl_->mutex);
    if (impl_->sessions.contains(c.who.session_id) || impl_->tokens.contains(c.jti) || impl_->keys.contains(c.kid))
        return true;
    const auto user = impl_->users.find(c.who.user_id);
    return user != impl_->users.end() && c.issued_at < user->second.not_before;
}

std::int64_t revocations::sequence() const { return impl_->sequence.load(std::memory_order_acquire); }
std::uint64_t revocations::generation() const { return impl_->generation.load(std::memory_order_acquire); }

std::size_t revocations::size() const {
    const std::shared_lock lock(impl_->mutex);
    return impl_->size();
}

void revocations::heard(std::int64_t steady_ms) { impl_->heard_ms.store(steady_ms, std::memory_order_release); }

bool revocations::known() const {
    return impl_->heard_ms.load(std::memory_order_acquire) != std::numeric_limits<std::int64_t>::min();
}

std::int64_t revocations::silent_ms() const {
    const auto heard = impl_->heard_ms.load(std::memory_order_relaxed);
    if (heard == std::numeric_limits<std::int64_t>::min()) return std::numeric_limits<std::int64_t>::max();
    const auto now =
        std::chrono::floor<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
    return std::max<std::int64_t>(0, now - heard);
}

}  // namespace mita::jwt

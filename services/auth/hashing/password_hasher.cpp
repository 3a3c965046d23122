#include "auth/hashing/password_hasher.hpp"

#include "auth/hashing/async.hpp"
#include "core/error.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace mita::hashing {

namespace {

template <class Bytes>
void fill_random(Bytes& bytes) {
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) throw std::runtime_error("no random bytes");
}

bcrypt::setting fresh_setting(const policy& p) {
    bcrypt::setting s{bcrypt::variant::b, p.cost, {}};
    fill_random(s.salt);
    return s;
}

// A hash of today's policy that no password has. For argon2 it must be a real one of a password nobody knows: its text
// is parsed by libsodium.
std::string make_dummy(const policy& p) {
    if (p.alg == algorithm::bcrypt) {
        bcrypt::digest sum;
        fill_random(sum);
        return format_stored(p.pepper, p.alg, bcrypt::format(fresh_setting(p), sum));
    }
    std::array<unsigned char, 32> unknown{};
    fill_random(unknown);
    const auto inner = argon2::hash({reinterpret_cast<const char*>(unknown.data()), unknown.size()}, p.argon2);
    if (!inner) throw std::runtime_error("argon2id: no memory for one hash");
    return format_stored(p.pepper, p.alg, *inner);
}

// The policy itself, if it is in range and its pepper is there.
policy checked(policy p, const pepper_ring& ring) {
    if (p.cost < bcrypt::min_cost || p.cost > bcrypt::max_cost)
        throw std::invalid_argument("bcrypt cost must be 4..14");
    if (p.argon2.memory_kib < 8 || p.argon2.memory_kib > argon2::max_memory_kib || p.argon2.passes < 1 ||
        p.argon2.passes > argon2::max_passes) {
        throw std::invalid_argument("argon2id must have 8..262144 KiB and 1..10 passes");
    }
    if (!ring.contains(p.pepper)) throw std::invalid_argument("no pepper \"" + p.pepper + "\" is configured");
    return p;
}

// Returns r if it is an answer; throws what the caller of a coroutine should see otherwise.
result answered(result r) {
    switch (r.what) {
        case outcome::dropped_deadline:
            throw overloaded("password hashing did not come to this job in time");
        case outcome::dropped_cancelled:
            throw overloaded("password hashing was cancelled");
        case outcome::failed:
            throw std::runtime_error("password hashing failed");
        default:
            return r;
    }
}

hash_work work_of(const stored_hash& s) {
    if (const auto* hash = std::get_if<bcrypt::complete>(&s.how)) return bcrypt_work{hash->how, hash->sum};
    return argon2_work{std::get<argon2::params>(s.how), s.inner};
}

}  // namespace

pool_options options_for(const policy& p, unsigned threads) {
    pool_options o;
    o.threads = threads;
    o.expected_cost = p.cost;
    o.expects_argon2 = p.alg == algorithm::argon2id;
    o.argon2 = p.argon2;
    return o;
}

password_hasher::password_hasher(pool& where, policy p, pepper_ring peppers, bcrypt::allow_x x)
    : pool_(where),
      x_allowed_(x),
      policy_(checked(std::move(p), peppers)),
      peppers_(std::move(peppers)),
      dummy_(make_dummy(policy_)),
      kinds_(work_of(*parse_stored(dummy_))) {}

admission password_hasher::admit(job_class k, std::uint64_t client, deadline d) { return pool_.admit(k, client, d); }

bool password_hasher::needs_rehash(std::string_view stored) const { return hashing::needs_rehash(stored, policy_); }

void password_hasher::accounts_have(const std::vector<std::string>& one_of_each) {
    std::vector<hash_work> present;
    for (const auto& text : one_of_each)
        if (const auto parsed = parse_stored(text, x_allowed_)) present.push_back(work_of(*parsed));
    kinds_.replace(present);
}

// The job that decides about `stored`; against the dummy, with mismatch for certain, when nothing could match it.
job password_hasher::verification(const secret& password, std::string_view stored, cancel_flag cancelled) {
    job j;
    auto parsed = parse_stored(stored, x_allowed_);
    if (!parsed || password.view().size() > max_password_bytes) {
        parsed = parse_stored(dummy_);
        j.must_mismatch = true;
    }
    if (parsed->pepper) {
        auto short_form = peppers_.prehash(*parsed->pepper, password.view());
        if (!short_form) throw std::runtime_error("a stored hash names a pepper that is not configured");
        j.password = std::move(*short_form);
    } else {
        j.password = secret(password.view());
    }
    j.work = work_of(*parsed);
    kinds_.meet(j.work);
    j.after_mismatch = kinds_.besides(j.work);
    j.cancelled = std::move(cancelled);
    return j;
}

awaitable<verdict> password_hasher::verify(ticket t, secret password, std::string stored, cancel_flag cancelled) {
    job j = verification(password, stored, std::move(cancelled));
    result r = co_await run(pool_, std::move(t), std::move(j));
    r = answered(std::move(r));
    verdict v;
    v.match = r.what == outcome::match;
    v.rehash = v.match && needs_rehash(stored);
    co_return v;
}

awaitable<verdict> password_hasher::verify_unknown(ticket t, secret password, cancel_flag cancelled) {
    job j = verification(password, dummy_, std::move(cancelled));
    j.must_mismatch = true;
    result r = co_await run(pool_, std::move(t), std::move(j));
    answered(std::move(r));
    co_return verdict{};
}

awaitable<std::string> password_hasher::hash(ticket t, secret password, cancel_flag cancelled) {
    if (password.view().size() > max_password_bytes) throw std::invalid_argument("password over 512 bytes");
    job j;
    j.password = std::move(*peppers_.prehash(policy_.pepper, password.view()));
    if (policy_.alg == algorithm::bcrypt) {
        j.work = bcrypt_work{fresh_setting(policy_), std::nullopt};
    } else {
        j.work = argon2_work{policy_.argon2, std::nullopt};
    }
    j.cancelled = std::move(cancelled);
    result r = co_await run(pool_, std::move(t), std::move(j));
    r = answered(std::move(r));
    co_return format_stored(policy_.pepper, policy_.alg, r.hash);
}

}  // namespace mita::hashing

// What goes into the pool and what comes out. Used by pool, async.hpp, password_hasher and tests.
// A job is self-contained: it owns its bytes, and its completion is called exactly once, on a thread of the pool.
#pragma once

#include "auth/hashing/argon2.hpp"
#include "auth/hashing/bcrypt_format.hpp"
#include "core/secret.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace mita::hashing {

// register_reset (register, reset, password change) has a small share of its own: a login storm does not stop it.
enum class job_class : std::uint8_t { login, register_reset };
inline constexpr std::size_t job_classes = 2;

enum class outcome : std::uint8_t {
    match,              // verify: the password is right
    mismatch,           // verify: it is not (or the job was asked to say so: must_mismatch)
    hashed,             // hash: result.hash holds the text
    dropped_deadline,   // the deadline passed before or while it ran
    dropped_cancelled,  // the client went away, or the pool stops
    failed,             // no result could be computed (no memory, a library said no): never a match
};

struct result {
    outcome what = outcome::failed;
    std::string hash;                    // outcome::hashed only
    std::chrono::nanoseconds waited{0};  // submit to start
    std::chrono::nanoseconds worked{0};  // start to end
};

// Set by whoever learns that the client has gone; read by the pool, which then does not begin the job, and gives it up
// half-way when others wait. Null is allowed: never cancelled.
using cancel_flag = std::shared_ptr<std::atomic<bool>>;
inline cancel_flag make_cancel_flag() { return std::make_shared<std::atomic<bool>>(false); }

struct bcrypt_work {
    bcrypt::setting how;
    std::optional<bcrypt::digest> expected;  // set: verify; unset: hash
    // A mismatch takes as long as a hash of this cost, when that is more: a wrong password for an old, cheap hash must
    // not be told from an unknown account by its time (P7).
    unsigned mismatch_cost = 0;
};
struct argon2_work {
    argon2::params how;
    std::optional<std::string> expected;  // set: verify against this "$argon2id$…"; unset: hash
};

using hash_work = std::variant<bcrypt_work, argon2_work>;

struct job {
    secret password;  // exactly the bytes to hash, ≤ 512; bcrypt looks at the first 72 (prehash longer ones)
    hash_work work;
    std::vector<hash_work> after_mismatch;  // done too before a mismatch is told, whatever comes of them (P7)
    bool must_mismatch = false;  // does all the work and answers mismatch: unknown users, unusable stored hashes
    cancel_flag cancelled;
};

// A move-only callback that may not throw.
class completion {
public:
    virtual ~completion() = default;
    virtual void done(result&& r) noexcept = 0;
};

template <class F>
std::unique_ptr<completion> make_completion(F f) {
    struct holder final : completion {
        explicit holder(F&& g) : call(std::move(g)) {}
        void done(result&& r) noexcept override { call(std::move(r)); }
        F call;
    };
    return std::make_unique<holder>(std::move(f));
}

}  // namespace mita::hashing

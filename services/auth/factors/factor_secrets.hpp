// The secrets of code generators, sealed at rest: opened one by one, and counted where none of our secrets opens them:
// MITA_KEY_SECRET was changed and `keys reseal` was not run. One per process, thread-safe. Used by handlers, by the job
// that counts for /health, and by doctor.
#pragma once

#include "auth/keys/vault.hpp"
#include "core/ids.hpp"
#include "db/pool.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace mita::auth {

class factor_secrets {
public:
    explicit factor_secrets(const vault& keys) : keys_(keys) {}

    std::string seal(std::string_view plain, const uuid& user_id) const;
    // Throws api_error 503 second_factor_unavailable where it does not open.
    secret open(std::string_view sealed, const uuid& user_id);

    struct counted {
        std::int64_t all = 0, closed = 0;
    };
    // Tries each that is in the database, a page at a time; a page has `each` of time.
    awaitable<counted> count(db::pool& db, std::chrono::milliseconds each);
    // Whether count() is to be run (again): it never was, or some were closed since or when it was run last.
    bool doubtful() const { return doubtful_.load(std::memory_order_relaxed); }
    // As count() found it last.
    std::int64_t closed() const { return closed_.load(std::memory_order_relaxed); }

private:
    const vault& keys_;
    std::atomic<bool> doubtful_{true};
    std::atomic<std::int64_t> closed_{0};
};

}  // namespace mita::auth

#include "auth/hashing/instruments.hpp"

#include "auth/hashing/pool.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace mita::hashing {

namespace {

constexpr std::array<const char*, job_classes> class_names{"login", "register_reset"};
constexpr std::array<const char*, shed_reasons> shed_names{"none", "predicted_wait", "queue_full", "stopping"};
constexpr std::array<double, 12> bounds{0.001, 0.005, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 2.0, 5.0};

// A callback that reads one number of a snapshot.
template <class Read>
std::function<double()> reads(const pool& p, Read read) {
    return [&p, read] { return static_cast<double>(read(p.stats())); };
}

}  // namespace

instruments make_instruments(metrics::registry& r) {
    instruments out;
    for (std::size_t c = 0; c < job_classes; ++c)
        out.wait[c] = &r.make_histogram("mita_auth_hash_wait_seconds", "Password hashes: from the queue to a lane",
                                        {{"class", class_names[c]}}, bounds);
    out.work =
        &r.make_histogram("mita_auth_password_hash_duration_seconds", "Password hashes: from start to end", {}, bounds);
    return out;
}

void expose(metrics::registry& r, const pool& p) {
    for (std::size_t c = 0; c < job_classes; ++c)
        r.callback("mita_auth_hash_queue_depth", "Password hashes waiting for a lane", "gauge",
                   {{"class", class_names[c]}}, reads(p, [c](const pool_stats& s) { return s.by_class[c].queued; }));
    r.callback("mita_auth_hash_lanes", "Hash lanes", "gauge", {{"state", "in_use"}},
               reads(p, [](const pool_stats& s) { return s.lanes_in_use; }));
    r.callback("mita_auth_hash_lanes", "Hash lanes", "gauge", {{"state", "all"}},
               reads(p, [](const pool_stats& s) { return s.lanes; }));
    r.callback("mita_auth_hash_fallback", "1 when libxcrypt computes instead of the lanes", "gauge", {},
               reads(p, [](const pool_stats& s) { return s.kernel.fallback; }));
    r.callback("mita_auth_hash_kernel_degraded", "1 when some lane width failed its self-test", "gauge", {},
               reads(p, [](const pool_stats& s) { return s.kernel.degraded; }));
    for (std::size_t i = 1; i < shed_reasons; ++i)
        r.callback("mita_auth_hash_shed_total", "Password hashes refused, by reason", "counter",
                   {{"reason", shed_names[i]}},
                   reads(p, [i](const pool_stats& s) { return s.by_class[0].shed[i] + s.by_class[1].shed[i]; }));
    r.callback("mita_auth_hash_dropped_total", "Password hashes let in and given up, by reason", "counter",
               {{"reason", "deadline"}}, reads(p, [](const pool_stats& s) {
                   return s.by_class[0].dropped_deadline + s.by_class[1].dropped_deadline;
               }));
    r.callback("mita_auth_hash_dropped_total", "Password hashes let in and given up, by reason", "counter",
               {{"reason", "client_gone"}}, reads(p, [](const pool_stats& s) {
                   return s.by_class[0].dropped_cancelled + s.by_class[1].dropped_cancelled;
               }));
    r.callback("mita_auth_hash_dropped_total", "Password hashes let in and given up, by reason", "counter",
               {{"reason", "failed"}},
               reads(p, [](const pool_stats& s) { return s.by_class[0].failed + s.by_class[1].failed; }));
    for (unsigned cost = bcrypt::min_cost; cost <= bcrypt::max_cost; ++cost)
        r.callback("mita_auth_hashes_total", "Password hashes done, by algorithm and cost", "counter",
                   {{"algorithm", "bcrypt"}, {"cost", std::to_string(cost)}},
                   reads(p, [cost](const pool_stats& s) { return s.bcrypt_hashes[cost]; }));
    r.callback("mita_auth_hashes_total", "Password hashes done, by algorithm and cost", "counter",
               {{"algorithm", "argon2id"}, {"cost", "0"}},
               reads(p, [](const pool_stats& s) { return s.argon2_hashes; }));
}

}  // namespace mita::hashing

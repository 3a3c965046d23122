#include "auth/hashing/calibrate.hpp"

#include "auth/hashing/argon2.hpp"
#include "auth/hashing/lane_engine.hpp"
#include "auth/hashing/lanes.hpp"
#include "auth/hashing/libxcrypt.hpp"

#include <fmt/format.h>

#include <ostream>
#include <string>

namespace mita::hashing {

namespace {

using clock = std::chrono::steady_clock;

double ms_since(clock::time_point t) { return std::chrono::duration<double, std::milli>(clock::now() - t).count(); }

constexpr double reserve = 0.8;  // the part of the capacity that a wanted rate may take

bcrypt::setting any_setting(unsigned cost) { return {bcrypt::variant::b, cost, {1, 2, 3, 4, 5, 6, 7, 8}}; }

double libxcrypt_ms(unsigned cost) {
    libxcrypt oracle;
    const auto begin = clock::now();
    const auto sum = oracle.digest("calibration", any_setting(cost));
    return sum ? ms_since(begin) : 0;
}

double lanes_ms(unsigned n, unsigned cost) {
    lane_engine engine(*available_kernels().front());
    const auto begin = clock::now();
    for (unsigned i = 0; i < n; ++i) engine.start(i, "calibration", any_setting(cost));
    while (engine.soonest() > 0) engine.step();
    while (engine.active() > 0) engine.take(engine.active() - 1);
    return ms_since(begin);
}

}  // namespace

calibration calibrate(unsigned threads, unsigned measured_cost) {
    calibration c;
    c.threads = threads;
    calibration_row real;
    real.libxcrypt_ms = libxcrypt_ms(measured_cost);
    for (unsigned n = 1; n <= max_lanes; ++n) real.latency_ms[n] = lanes_ms(n, measured_cost);
    for (unsigned cost = bcrypt::min_cost; cost <= bcrypt::max_cost; ++cost) {
        const double scale = static_cast<double>(lane_engine::rounds(cost)) / lane_engine::rounds(measured_cost);
        calibration_row row;
        row.cost = cost;
        row.measured = cost == measured_cost;
        row.libxcrypt_ms = real.libxcrypt_ms * scale;
        for (unsigned n = 1; n <= max_lanes; ++n) {
            row.latency_ms[n] = real.latency_ms[n] * scale;
            row.per_second[n] = n * 1000.0 / row.latency_ms[n];
        }
        c.rows.push_back(row);
    }
    const auto begin = clock::now();
    if (argon2::hash("calibration", argon2::params{})) c.argon2_ms = ms_since(begin);
    return c;
}

std::optional<unsigned> affordable_cost(const calibration& c, double logins_per_second,
                                        std::chrono::milliseconds latency) {
    std::optional<unsigned> best;
    for (const calibration_row& row : c.rows) {
        const bool fast = row.latency_ms[max_lanes] <= static_cast<double>(latency.count());
        const bool enough = row.per_second[max_lanes] * c.threads * reserve >= logins_per_second;
        if (fast && enough) best = row.cost;
    }
    return best;
}

void print(std::ostream& out, const calibration& c, std::optional<double> logins_per_second,
           std::chrono::milliseconds latency) {
    const auto heading = [&out](std::string_view what, std::string_view last) {
        out << what << '\n' << fmt::format("{:>4} {:>10}", "cost", "libxcrypt");
        for (unsigned n = 1; n <= max_lanes; ++n) out << fmt::format(" {:>9}", fmt::format("n={}", n));
        out << last << '\n';
    };
    out << fmt::format("bcrypt kernel: {}; hashing threads: {}\n", available_kernels().front()->name, c.threads);
    heading("ms a hash, while n run interleaved in one thread", "");
    for (const calibration_row& row : c.rows) {
        out << fmt::format("{:>4} {:>10.2f}", row.cost, row.libxcrypt_ms);
        for (unsigned n = 1; n <= max_lanes; ++n) out << fmt::format(" {:>9.2f}", row.latency_ms[n]);
        out << (row.measured ? "  measured\n" : "\n");
    }
    heading("hashes a second, of one thread", fmt::format(" {:>10}", fmt::format("{} x n=6", c.threads)));
    for (const calibration_row& row : c.rows) {
        out << fmt::format("{:>4} {:>10.2f}", row.cost, 1000 / row.libxcrypt_ms);
        for (unsigned n = 1; n <= max_lanes; ++n) out << fmt::format(" {:>9.1f}", row.per_second[n]);
        out << fmt::format(" {:>10.1f}\n", row.per_second[max_lanes] * c.threads);
    }
    if (c.argon2_ms) out << fmt::format("argon2id 19 MiB, t=2: {:.1f} ms a hash\n", *c.argon2_ms);
    if (!logins_per_second) return;
    const auto cost = affordable_cost(c, *logins_per_second, latency);
    if (cost) {
        out << fmt::format("{} logins/s, each within {} ms: cost {} is affordable\n", *logins_per_second,
                           latency.count(), *cost);
    } else {
        out << fmt::format("{} logins/s within {} ms: not even cost 4; more processors are needed\n",
                           *logins_per_second, latency.count());
    }
}

}  // namespace mita::hashing

// The kernels: one bcrypt key-expansion round of 1..6 independent hashes, interleaved in one thread. A hash waits on
// loads from its own 4 KB of S-boxes most of the time; others run meanwhile. Used by lane_engine; a kernel knows
// nothing of keys or costs.
#pragma once

#include "auth/hashing/initial_state.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace mita::hashing {

inline constexpr unsigned max_lanes = 6;

// One hash in progress. Lanes lie side by side at a fixed stride, so that one base register reaches all of them.
struct alignas(64) lane {
    std::array<std::uint32_t, 18> p;
    std::array<std::uint32_t, 1024> s;   // the four S-boxes; follows p without a gap: refill() writes through both
    std::array<std::uint32_t, 18> key;   // the password, repeated to 72 bytes
    std::array<std::uint32_t, 18> salt;  // the salt, repeated likewise
};
static_assert(offsetof(lane, s) == 72 && sizeof(lane) == 4352, "the x86-64 kernel writes these into its instructions");

// refill[n](first): for the n lanes from `first`, replace P and S by the chain of encryptions of the zero block under
// themselves. 521 blocks a lane. first is aligned to 64 or a whole number of lanes after such an address.
struct lane_kernels {
    const char* name;
    std::array<void (*)(lane*), max_lanes + 1> refill;  // [0] unused
};

extern const lane_kernels portable_kernels;
// Those this processor can run, best first; the portable one is always last.
std::span<const lane_kernels* const> available_kernels();

// One block under a lane's state, in place. For the first, salted expansion and for the end.
void encrypt_block(const lane& l, std::uint32_t& left, std::uint32_t& right);

}  // namespace mita::hashing

#include "auth/hashing/initial_state.hpp"

namespace mita::hashing {

namespace {

constexpr std::array<std::uint32_t, state_words> words{
#include "pi_words.inc"
};

// FNV-1a over the big-endian bytes, against a figure computed with another program.
constexpr std::uint64_t checksum() {
    std::uint64_t h = 0xcbf29ce484222325;
    for (const std::uint32_t w : words) {
        for (int shift = 24; shift >= 0; shift -= 8) h = (h ^ ((w >> shift) & 0xff)) * 0x100000001b3;
    }
    return h;
}

static_assert(words[0] == 0x243f6a88 && words[1] == 0x85a308d3, "the fraction of pi begins 243F6A88 85A308D3");
static_assert(checksum() == 0xc9f1cd118a0bd494, "the 1042 words are not those of pi");

}  // namespace

const std::array<std::uint32_t, state_words> initial_state = words;

}  // namespace mita::hashing

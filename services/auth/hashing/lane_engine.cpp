#include "auth/hashing/lane_engine.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstddef>

namespace mita::hashing {

namespace {

using key_words = std::array<std::uint32_t, 18>;

// The bytes, followed by one NUL, repeated over 72 bytes, big-endian. Variant x reads each byte as signed, as the code
// of 2011 did: a byte over 127 then overwrites those before it in its word. Returns the words, and what variant a
// changes in the first P word before the first expansion: libxcrypt flips one bit for passwords whose x and correct
// expansions are equal although the bug was touched, so that $2a$ hashes made by the faulty code from colliding
// passwords do not match. All without branches on the password's bytes.
std::uint32_t expand_password(std::string_view password, bcrypt::variant kind, key_words& out) {
    std::size_t at = 0;
    std::uint32_t touched = 0;    // bit 7: a sign bit in the second, third or fourth byte of some word
    std::uint32_t different = 0;  // non-zero: the expansions differ somewhere
    for (std::uint32_t& word : out) {
        std::uint32_t correct = 0;
        std::uint32_t faulty = 0;
        for (unsigned i = 0; i < 4; ++i) {
            const auto byte = at < password.size() ? static_cast<std::uint8_t>(password[at]) : std::uint8_t{0};
            at = at < password.size() ? at + 1 : 0;
            correct = (correct << 8) | byte;
            faulty =
                (faulty << 8) | static_cast<std::uint32_t>(static_cast<std::int32_t>(static_cast<std::int8_t>(byte)));
            if (i > 0) touched |= byte;
        }
        different |= correct ^ faulty;
        word = kind == bcrypt::variant::x ? faulty : correct;
    }
    const std::uint32_t same = ((different | (0U - different)) >> 31) ^ 1U;
    const std::uint32_t guard = ((touched >> 7) & same) << 16;
    return kind == bcrypt::variant::a ? guard : 0;
}

void expand_salt(const std::array<std::uint8_t, 16>& salt, key_words& out) {
    for (std::size_t i = 0; i < out.size(); ++i) {
        const std::size_t at = 4 * (i % 4);
        out[i] = static_cast<std::uint32_t>(salt[at]) << 24 | static_cast<std::uint32_t>(salt[at + 1]) << 16 |
                 static_cast<std::uint32_t>(salt[at + 2]) << 8 | salt[at + 3];
    }
}

// The first expansion: as a kernel's, but the salt is mixed into each block before it is encrypted.
void salted_expansion(lane& l) {
    std::uint32_t left = 0;
    std::uint32_t right = 0;
    for (std::size_t i = 0; i < state_words; i += 2) {
        const std::size_t half = i % 4;  // the salt's words 0,1 and 2,3 by turns
        left ^= l.salt[half];
        right ^= l.salt[half + 1];
        encrypt_block(l, left, right);
        std::uint32_t* const out = i < l.p.size() ? l.p.data() + i : l.s.data() + (i - l.p.size());
        out[0] = left;
        out[1] = right;
    }
}

// 64 encryptions of "OrpheanBeholderScryDoubt"; the last of its 24 bytes is not part of the digest.
bcrypt::digest final_text(const lane& l) {
    std::array<std::uint32_t, 6> text{0x4f727068, 0x65616e42, 0x65686f6c, 0x64657253, 0x63727944, 0x6f756274};
    for (int i = 0; i < 64; ++i) {
        for (std::size_t b = 0; b < text.size(); b += 2) encrypt_block(l, text[b], text[b + 1]);
    }
    bcrypt::digest sum;
    for (std::size_t i = 0; i < sum.size(); ++i) {
        sum[i] = static_cast<std::uint8_t>(text[i / 4] >> (24 - 8 * (i % 4)));
    }
    OPENSSL_cleanse(text.data(), sizeof text);
    return sum;
}

}  // namespace

lane_engine::lane_engine(const lane_kernels& kernels, const lane_widths& usable)
    : kernels_(kernels), usable_(usable), lanes_(std::make_unique<std::array<lane, max_lanes>>()) {}

lane_engine::~lane_engine() { OPENSSL_cleanse(lanes_.get(), sizeof *lanes_); }

void lane_engine::start(tag t, std::string_view password, const bcrypt::setting& how) {
    lane& l = (*lanes_)[active_];
    std::copy_n(initial_state.begin(), l.p.size(), l.p.begin());
    std::copy_n(initial_state.begin() + static_cast<std::ptrdiff_t>(l.p.size()), l.s.size(), l.s.begin());
    const std::uint32_t guard = expand_password(password, how.kind, l.key);
    expand_salt(how.salt, l.salt);
    for (std::size_t i = 0; i < l.p.size(); ++i) l.p[i] ^= l.key[i];
    l.p[0] ^= guard;
    salted_expansion(l);
    remaining_[active_] = rounds(how.cost) - 1;
    tags_[active_] = t;
    ++active_;
}

void lane_engine::step() {
    for (unsigned i = 0; i < active_; ++i) {
        lane& l = (*lanes_)[i];
        const key_words& mixed_in = remaining_[i] % 2 == 0 ? l.key : l.salt;
        for (std::size_t k = 0; k < l.p.size(); ++k) l.p[k] ^= mixed_in[k];
        --remaining_[i];
    }
    for (unsigned done = 0; done < active_;) {
        unsigned width = active_ - done;
        while (!usable_[width]) --width;
        kernels_.refill[width](lanes_->data() + done);
        done += width;
    }
}

std::uint32_t lane_engine::soonest() const {
    return *std::min_element(remaining_.begin(), remaining_.begin() + active_);
}

bcrypt::digest lane_engine::sum(unsigned i) const { return final_text((*lanes_)[i]); }

bcrypt::digest lane_engine::take(unsigned i) {
    const bcrypt::digest out = sum(i);
    close(i);
    return out;
}

void lane_engine::drop(unsigned i) { close(i); }

void lane_engine::close(unsigned i) {
    --active_;
    if (i != active_) {
        (*lanes_)[i] = (*lanes_)[active_];
        remaining_[i] = remaining_[active_];
        tags_[i] = tags_[active_];
    }
    OPENSSL_cleanse(&(*lanes_)[active_], sizeof(lane));
}

}  // namespace mita::hashing

#include "core/ids.hpp"

#include "core/clock.hpp"

#include <openssl/rand.h>

#include <cstring>
#include <stdexcept>

namespace mita {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";
constexpr std::int64_t day_ms = std::int64_t{24} * 60 * 60 * 1000;

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// The 74 bits after the timestamp as one number: high 12 (rand_a) and low 62 (rand_b).
struct random_part {
    std::uint16_t a = 0;
    std::uint64_t b = 0;
};
constexpr std::uint64_t b_mask = (std::uint64_t{1} << 62) - 1;

// Adds a random step, so that ids of one millisecond ascend and stay unguessable. False when the 74 bits wrap.
bool advance(random_part& r) {
    std::uint32_t step = 0;
    random_bytes(&step, sizeof step);
    r.b += std::uint64_t{step} + 1;
    if (r.b <= b_mask) return true;
    r.b &= b_mask;
    return ++r.a < 0x1000;
}

std::uint64_t mix(std::uint64_t x, std::uint64_t y) {
    __extension__ using wide = unsigned __int128;
    const auto product = static_cast<wide>(x) * y;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

std::int64_t uuid::unix_ms() const {
    std::int64_t ms = 0;
    for (std::size_t i = 0; i < 6; ++i) ms = (ms << 8) | bytes[i];
    return ms;
}

std::string uuid::str() const {
    std::string out(36, '-');
    std::size_t at = 0;
    for (std::size_t i = 0; i < 16; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) ++at;
        out[at++] = hex_digits[bytes[i] >> 4];
        out[at++] = hex_digits[bytes[i] & 15];
    }
    return out;
}

std::optional<uuid> uuid::parse(std::string_view text) {
    if (text.size() != 36) return std::nullopt;
    uuid id;
    std::size_t at = 0;
    for (std::size_t i = 0; i < 16; ++i) {
        if ((i == 4 || i == 6 || i == 8 || i == 10) && text[at++] != '-') return std::nullopt;
        const int high = hex_value(text[at++]);
        const int low = hex_value(text[at++]);
        if (high < 0 || low < 0) return std::nullopt;
        id.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return id;
}

uuid new_uuid() {
    thread_local std::int64_t last_ms = -1;  // of the last id made here; `floor` runs ahead of the clock only on a wrap
    thread_local std::int64_t floor = -1;
    thread_local random_part part;

    const auto now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(wall::now().time_since_epoch()).count();
    std::int64_t ms = now_ms;
    if (now_ms == last_ms) {
        ms = floor;
        if (!advance(part)) {
            part = random_part{};
            ++ms;
        }
    } else {
        random_bytes(&part.a, sizeof part.a);
        random_bytes(&part.b, sizeof part.b);
        part.a &= 0x0fff;
        part.b &= b_mask;
    }
    last_ms = now_ms;
    floor = ms;

    uuid id;
    for (std::size_t i = 0; i < 6; ++i) id.bytes[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
    id.bytes[6] = static_cast<std::uint8_t>(0x70 | part.a >> 8);
    id.bytes[7] = static_cast<std::uint8_t>(part.a);
    for (std::size_t i = 0; i < 8; ++i) id.bytes[8 + i] = static_cast<std::uint8_t>(part.b >> (56 - 8 * i));
    id.bytes[8] = static_cast<std::uint8_t>(id.bytes[8] | 0x80);
    return id;
}

bool acceptable_client_id(const uuid& id) {
    if (id.version() != 7 || (id.bytes[8] & 0xc0) != 0x80) return false;
    const auto now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(wall::now().time_since_epoch()).count();
    const auto apart = id.unix_ms() - now_ms;
    return apart <= day_ms && apart >= -day_ms;
}

void random_bytes(void* out, std::size_t n) {
    auto* to = static_cast<unsigned char*>(out);
    while (n > 0) {
        const std::size_t part = n < 1 << 20 ? n : 1 << 20;
        if (RAND_bytes(to, static_cast<int>(part)) != 1) throw std::runtime_error("no randomness from OpenSSL");
        to += part;
        n -= part;
    }
}

}  // namespace mita

// Seeded per process: clients choose ids, and must not choose their buckets.
std::size_t std::hash<mita::uuid>::operator()(const mita::uuid& id) const noexcept {
    static const auto seed = [] {
        std::array<std::uint64_t, 2> s{};
        mita::random_bytes(s.data(), sizeof s);
        return s;
    }();
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, id.bytes.data(), 8);
    std::memcpy(&low, id.bytes.data() + 8, 8);
    const auto first = mita::mix(high ^ seed[0], low ^ seed[1]);
    return static_cast<std::size_t>(mita::mix(first ^ 0x9e3779b97f4a7c15u, seed[0] | 1));
}

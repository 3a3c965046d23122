#include "auth/hashing/bcrypt_format.hpp"

#include <cstddef>
#include <cstdint>

namespace mita::hashing::bcrypt {

namespace {

constexpr std::string_view alphabet = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::size_t prefix_size = 7;  // "$2b$12$"
constexpr std::size_t salt_size = 22;
constexpr std::size_t digest_size = 31;

void encode(std::string& out, const std::uint8_t* bytes, std::size_t n) {
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (std::size_t i = 0; i < n; ++i) {
        bits = (bits << 8) | bytes[i];
        for (held += 8; held >= 6; held -= 6) out.push_back(alphabet[(bits >> (held - 6)) & 63]);
    }
    if (held > 0) out.push_back(alphabet[(bits << (6 - held)) & 63]);
}

// False: a foreign character, or bits left over at the end.
bool decode(std::string_view text, std::uint8_t* bytes, std::size_t n) {
    std::uint32_t bits = 0;
    unsigned held = 0;
    std::size_t at = 0;
    for (const char c : text) {
        const std::size_t value = alphabet.find(c);
        if (value == std::string_view::npos) return false;
        bits = (bits << 6) | static_cast<std::uint32_t>(value);
        held += 6;
        if (held >= 8 && at < n) {
            held -= 8;
            bytes[at++] = static_cast<std::uint8_t>(bits >> held);
        }
    }
    return at == n && (bits & ((1U << held) - 1)) == 0;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<setting> parse_setting(std::string_view text, allow_x x) {
    if (text.size() != prefix_size + salt_size) return std::nullopt;
    if (text[0] != '$' || text[1] != '2' || text[3] != '$' || text[6] != '$') return std::nullopt;
    setting s;
    switch (text[2]) {
        case 'a':
            s.kind = variant::a;
            break;
        case 'b':
            s.kind = variant::b;
            break;
        case 'y':
            s.kind = variant::y;
            break;
        case 'x':
            if (x == allow_x::no) return std::nullopt;
            s.kind = variant::x;
            break;
        default:
            return std::nullopt;
    }
    if (!is_digit(text[4]) || !is_digit(text[5])) return std::nullopt;
    s.cost = static_cast<unsigned>((text[4] - '0') * 10 + (text[5] - '0'));
    if (s.cost < min_cost || s.cost > max_cost) return std::nullopt;
    if (!decode(text.substr(prefix_size), s.salt.data(), s.salt.size())) return std::nullopt;
    return s;
}

std::optional<complete> parse_hash(std::string_view text, allow_x x) {
    if (text.size() != prefix_size + salt_size + digest_size) return std::nullopt;
    const auto how = parse_setting(text.substr(0, prefix_size + salt_size), x);
    if (!how) return std::nullopt;
    complete c{*how, {}};
    if (!decode(text.substr(prefix_size + salt_size), c.sum.data(), c.sum.size())) return std::nullopt;
    return c;
}

std::string format(const setting& s) {
    std::string out = "$2";
    out.push_back(static_cast<char>(s.kind));
    out.push_back('$');
    out.push_back(static_cast<char>('0' + s.cost / 10));
    out.push_back(static_cast<char>('0' + s.cost % 10));
    out.push_back('$');
    encode(out, s.salt.data(), s.salt.size());
    return out;
}

std::string format(const setting& s, const digest& d) {
    std::string out = format(s);
    encode(out, d.data(), d.size());
    return out;
}

}  // namespace mita::hashing::bcrypt

#include "auth/hashing/argon2.hpp"

#include <sodium.h>

#include <array>
#include <charconv>

namespace mita::hashing::argon2 {

namespace {

constexpr std::uint32_t max_lanes = 16;  // of imported ones; they are computed one after the other
constexpr std::string_view prefix = "$argon2id$v=19$m=";
constexpr std::string_view base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// Takes "123" and then `after` off the front of `text`. Plain decimal without leading zeros.
std::optional<std::uint32_t> take_number(std::string_view& text, std::string_view after) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || text.front() == '0') return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.starts_with(after)) return std::nullopt;
    text.remove_prefix(after.size());
    return value;
}

bool is_base64(std::string_view text) {
    return !text.empty() && text.find_first_not_of(base64) == std::string_view::npos;
}

}  // namespace

std::optional<params> parse(std::string_view text) {
    if (!text.starts_with(prefix) || text.size() >= crypto_pwhash_STRBYTES) return std::nullopt;
    text.remove_prefix(prefix.size());
    const auto memory = take_number(text, ",t=");
    if (!memory) return std::nullopt;
    const auto passes = take_number(text, ",p=");
    if (!passes) return std::nullopt;
    const auto lanes = take_number(text, "$");
    if (!lanes || *lanes < 1 || *lanes > max_lanes) return std::nullopt;
    if (*memory < 8 || *memory > max_memory_kib || *passes > max_passes) return std::nullopt;
    const std::size_t dollar = text.find('$');
    if (dollar == std::string_view::npos) return std::nullopt;
    if (!is_base64(text.substr(0, dollar)) || !is_base64(text.substr(dollar + 1))) return std::nullopt;
    return params{*memory, *passes};
}

std::optional<std::string> hash(std::string_view password, const params& p) {
    if (sodium_init() < 0) return std::nullopt;
    std::array<char, crypto_pwhash_STRBYTES> out{};
    if (crypto_pwhash_str_alg(out.data(), password.data(), password.size(), p.passes, p.bytes(),
                              crypto_pwhash_ALG_ARGON2ID13) != 0) {
        return std::nullopt;
    }
    return std::string(out.data());
}

bool verify(std::string_view password, const std::string& text) {
    if (sodium_init() < 0 || !parse(text)) return false;
    return crypto_pwhash_str_verify(text.c_str(), password.data(), password.size()) == 0;
}

}  // namespace mita::hashing::argon2

#include "auth/hashing/stored_hash.hpp"

#include "auth/hashing/foreign.hpp"

#include <algorithm>

namespace mita::hashing {

namespace {

constexpr std::string_view version = "$mita$v=1";
constexpr std::string_view alg_bcrypt = "$alg=bcrypt";
constexpr std::string_view alg_argon2id = "$alg=argon2id";
constexpr std::string_view pepper_is = "$pepper=";
constexpr std::size_t longest = 512;

bool take(std::string_view& text, std::string_view front) {
    if (!text.starts_with(front)) return false;
    text.remove_prefix(front.size());
    return true;
}

}  // namespace

bool valid_pepper_id(std::string_view id) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    };
    return !id.empty() && id.size() <= 16 && std::all_of(id.begin(), id.end(), allowed);
}

std::optional<stored_hash> parse_stored(std::string_view text, bcrypt::allow_x x) {
    if (text.size() > longest) return std::nullopt;
    if (!take(text, version)) {
        if (const auto imported = bcrypt::parse_hash(text, x))
            return stored_hash{std::nullopt, *imported, std::string(text)};
        if (const auto imported = argon2::parse(text)) return stored_hash{std::nullopt, *imported, std::string(text)};
        const auto imported = foreign::parse(text);
        if (!imported) return std::nullopt;
        return stored_hash{std::nullopt, foreign::price(*imported), std::string(text)};
    }
    const bool is_bcrypt = take(text, alg_bcrypt);
    if (!is_bcrypt && !take(text, alg_argon2id)) return std::nullopt;
    if (!take(text, pepper_is)) return std::nullopt;
    const std::string_view pepper = text.substr(0, text.find('$'));
    if (!valid_pepper_id(pepper)) return std::nullopt;
    text.remove_prefix(pepper.size());
    if (is_bcrypt) {
        const auto hash = bcrypt::parse_hash(text);
        if (!hash) return std::nullopt;
        return stored_hash{std::string(pepper), *hash, std::string(text)};
    }
    const auto hash = argon2::parse(text);
    if (!hash) return std::nullopt;
    return stored_hash{std::string(pepper), *hash, std::string(text)};
}

std::string format_stored(std::string_view pepper, algorithm alg, std::string_view inner) {
    std::string out(version);
    out += alg == algorithm::bcrypt ? alg_bcrypt : alg_argon2id;
    out += pepper_is;
    out += pepper;
    out += inner;
    return out;
}

bool needs_rehash(std::string_view text, const policy& p) {
    const auto stored = parse_stored(text, bcrypt::allow_x::yes);
    if (!stored || stored->pepper != p.pepper) return true;
    if (const auto* hash = std::get_if<bcrypt::complete>(&stored->how)) {
        return p.alg != algorithm::bcrypt || hash->how.kind != bcrypt::variant::b || hash->how.cost < p.cost;
    }
    const auto& params = std::get<argon2::params>(stored->how);
    return p.alg != algorithm::argon2id || params.memory_kib < p.argon2.memory_kib || params.passes < p.argon2.passes;
}

}  // namespace mita::hashing

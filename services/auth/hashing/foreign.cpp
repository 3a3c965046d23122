#include "auth/hashing/foreign.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

namespace mita::hashing::foreign {

namespace {

constexpr std::size_t longest_salt = 128, shortest_sum = 16, longest_sum = 128;

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t v = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
    if (error != std::errc() || end != text.data() + text.size() || text.front() == '0') return std::nullopt;
    return v;
}

// The text up to the next `$`; all of it at the end.
std::string_view part(std::string_view& text) {
    const auto end = std::min(text.find('$'), text.size());
    const auto out = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return out;
}

// Base64 with or without padding; `dots`: '.' stands for '+'.
std::optional<std::string> decoded(std::string_view text, bool dots) {
    std::string padded(text);
    if (dots) std::ranges::replace(padded, '.', '+');
    while (!padded.empty() && padded.back() == '=') padded.pop_back();
    if (padded.empty() || padded.size() > 4 * longest_salt || padded.size() % 4 == 1) return std::nullopt;
    const std::size_t missing = (4 - padded.size() % 4) % 4;
    padded.append(missing, '=');
    std::string out(padded.size() / 4 * 3, '\0');
    const int n =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                        reinterpret_cast<const unsigned char*>(padded.data()), static_cast<int>(padded.size()));
    if (n < 0) return std::nullopt;
    out.resize(static_cast<std::size_t>(n) - missing);
    return out;
}

bool bounded(const parsed& p) {
    return !p.salt.empty() && p.salt.size() <= longest_salt && p.sum.size() >= shortest_sum &&
           p.sum.size() <= longest_sum;
}

bool take(std::string_view& text, std::string_view front) {
    if (!text.starts_with(front)) return false;
    text.remove_prefix(front.size());
    return true;
}

// What follows the name: rounds, salt, sum.
std::optional<parsed> pbkdf2(kind how, std::string_view rest, bool django) {
    parsed p;
    p.how = how;
    const auto rounds = number(part(rest));
    if (!rounds || *rounds > max_iterations) return std::nullopt;
    p.iterations = static_cast<std::uint32_t>(*rounds);
    const auto salt_text = part(rest);
    const auto salt = django ? std::optional(std::string(salt_text)) : decoded(salt_text, true);
    const auto sum = decoded(part(rest), !django);
    if (!salt || !sum || !rest.empty()) return std::nullopt;
    p.salt = *salt;
    p.sum = *sum;
    return bounded(p) ? std::optional(p) : std::nullopt;
}

std::optional<parsed> scrypt(std::string_view rest) {
    parsed p;
    p.how = kind::scrypt;
    auto settings = part(rest);
    const auto member = [&settings](std::string_view name) -> std::optional<std::uint64_t> {
        if (!take(settings, name)) return std::nullopt;
        const auto end = std::min(settings.find(','), settings.size());
        const auto v = number(settings.substr(0, end));
        settings.remove_prefix(std::min(end + 1, settings.size()));
        return v;
    };
    const auto ln = member("ln=");
    const auto r = member("r=");
    const auto lanes = member("p=");
    const auto salt = decoded(part(rest), false);
    const auto sum = decoded(part(rest), false);
    if (!ln || !r || !lanes || !settings.empty() || !salt || !sum || !rest.empty()) return std::nullopt;
    if (*ln > 20 || *r > 32 || *lanes > 16) return std::nullopt;
    p.n = std::uint64_t{1} << *ln;
    p.r = *r;
    p.lanes = *lanes;
    if (128 * p.n * p.r > max_scrypt_bytes || 128 * p.n * p.r * p.lanes > 4 * max_scrypt_bytes) return std::nullopt;
    p.salt = *salt;
    p.sum = *sum;
    return bounded(p) ? std::optional(p) : std::nullopt;
}

const EVP_MD* digest_of(kind k) {
    if (k == kind::pbkdf2_sha1) return EVP_sha1();
    return k == kind::pbkdf2_sha256 ? EVP_sha256() : EVP_sha512();
}

}  // namespace

std::optional<parsed> parse(std::string_view text) {
    if (text.size() > 512 || text.ends_with('$')) return std::nullopt;
    if (take(text, "$pbkdf2-sha256$")) return pbkdf2(kind::pbkdf2_sha256, text, false);
    if (take(text, "$pbkdf2-sha512$")) return pbkdf2(kind::pbkdf2_sha512, text, false);
    if (take(text, "$pbkdf2$")) return pbkdf2(kind::pbkdf2_sha1, text, false);
    if (take(text, "pbkdf2_sha256$")) return pbkdf2(kind::pbkdf2_sha256, text, true);
    if (take(text, "pbkdf2_sha1$")) return pbkdf2(kind::pbkdf2_sha1, text, true);
    if (take(text, "$scrypt$")) return scrypt(text);
    return std::nullopt;
}

argon2::params price(const parsed& p) {
    argon2::params out;
    if (p.how == kind::scrypt) {
        out.memory_kib = static_cast<std::uint32_t>(std::max<std::uint64_t>(8, p.n * p.r / 8));
        out.passes = static_cast<std::uint32_t>(7 * p.lanes);
    } else {
        out.memory_kib = 8;
        const std::uint32_t dear = p.how == kind::pbkdf2_sha512 ? 4 : 5;
        out.passes = std::max(1U, p.iterations / dear);
    }
    return out;
}

bool verify(std::string_view password, std::string_view text) {
    const auto p = parse(text);
    if (!p) return false;
    std::array<unsigned char, longest_sum> out{};
    const auto* salt = reinterpret_cast<const unsigned char*>(p->salt.data());
    bool done = false;
    if (p->how == kind::scrypt)
        done = EVP_PBE_scrypt(password.data(), password.size(), salt, p->salt.size(), p->n, p->r, p->lanes,
                              2 * max_scrypt_bytes, out.data(), p->sum.size()) == 1;
    else
        done = PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), salt,
                                 static_cast<int>(p->salt.size()), static_cast<int>(p->iterations), digest_of(p->how),
                                 static_cast<int>(p->sum.size()), out.data()) == 1;
    // HMAC takes a key with NULs at its end for the one without them; no password is another's (P2).
    const bool whole = password.find('\0') == std::string_view::npos;
    const bool same = done && whole && CRYPTO_memcmp(out.data(), p->sum.data(), p->sum.size()) == 0;
    OPENSSL_cleanse(out.data(), out.size());
    return same;
}

}  // namespace mita::hashing::foreign

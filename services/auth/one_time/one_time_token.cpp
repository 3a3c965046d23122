#include "auth/one_time/one_time_token.hpp"

#include "core/base64url.hpp"
#include "core/ids.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <array>

namespace mita::auth {

namespace {

constexpr std::string_view prefix = "mot_";
constexpr std::size_t raw_size = 32, text_size = 43;

}  // namespace

std::string_view name(token_purpose p) {
    switch (p) {
        case token_purpose::verify_email:
            return "verify_email";
        case token_purpose::reset_password:
            return "reset_password";
        case token_purpose::change_email:
            return "change_email";
    }
    return "";
}

secret new_one_time_token() { return new_opaque_token(prefix); }
std::optional<std::string> hash_of_token(std::string_view text) { return hash_of_opaque_token(prefix, text); }

secret new_opaque_token(std::string_view kind) {
    std::array<char, raw_size> raw{};
    random_bytes(raw.data(), raw.size());
    std::string text(kind);
    base64url::append(text, {raw.data(), raw.size()});
    OPENSSL_cleanse(raw.data(), raw.size());
    return secret(std::move(text));
}

std::optional<std::string> hash_of_opaque_token(std::string_view kind, std::string_view text) {
    if (text.size() != kind.size() + text_size || !text.starts_with(kind)) return std::nullopt;
    std::array<unsigned char, raw_size> raw{};
    const auto n = base64url::decode(text.substr(kind.size()), raw);
    if (n != raw_size) return std::nullopt;
    std::string out(SHA256_DIGEST_LENGTH, '\0');
    SHA256(raw.data(), raw.size(), reinterpret_cast<unsigned char*>(out.data()));
    return out;
}

}  // namespace mita::auth

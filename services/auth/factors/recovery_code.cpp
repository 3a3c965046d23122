#include "auth/factors/recovery_code.hpp"

#include "auth/factors/base32.hpp"
#include "core/ids.hpp"

#include <openssl/sha.h>

#include <algorithm>

namespace mita::auth {

namespace {

constexpr std::size_t raw_size = 15, group = 4;

std::string sha256(std::string_view raw) {
    std::string out(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(raw.data()), raw.size(),
           reinterpret_cast<unsigned char*>(out.data()));
    return out;
}

std::string hex(std::string_view raw) {
    std::string out;
    for (const char c : raw) {
        out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
        out += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
    }
    return out;
}

std::string spelled(std::string_view raw) {
    std::string out;
    for (const char c : base32::encode(raw)) {
        if (out.size() % (group + 1) == group) out += '-';
        out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

}  // namespace

recovery_set new_recovery_codes() {
    recovery_set out;
    for (std::size_t i = 0; i < recovery_codes_a_set; ++i) {
        std::string raw(raw_size, '\0');
        random_bytes(raw.data(), raw.size());
        out.codes.push_back(spelled(raw));
        out.hashes.push_back(hex(sha256(raw)));
    }
    return out;
}

std::optional<std::string> hash_of_recovery_code(std::string_view text) {
    std::string bare;
    std::copy_if(text.begin(), text.end(), std::back_inserter(bare), [](char c) { return c != '-' && c != ' '; });
    const auto raw = base32::decode(bare);
    if (!raw || raw->size() != raw_size) return std::nullopt;
    return sha256(*raw);
}

}  // namespace mita::auth

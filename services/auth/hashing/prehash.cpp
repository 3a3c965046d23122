#include "auth/hashing/prehash.hpp"

#include "auth/hashing/stored_hash.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <climits>
#include <stdexcept>
#include <utility>

namespace mita::hashing {

namespace {

constexpr std::size_t shortest_key = 32;
constexpr std::size_t mac_size = 48;
constexpr std::size_t text_size = 64;  // base64 of 48 bytes, no padding

}  // namespace

void pepper_ring::add(std::string id, secret key) {
    if (!valid_pepper_id(id)) throw std::invalid_argument("pepper id must be 1..16 of A-Za-z0-9_-");
    if (key.view().size() < shortest_key) throw std::invalid_argument("pepper \"" + id + "\" is shorter than 32 bytes");
    if (contains(id)) throw std::invalid_argument("pepper \"" + id + "\" is given twice");
    keys_.emplace(std::move(id), std::move(key));
}

bool pepper_ring::contains(std::string_view id) const { return keys_.find(id) != keys_.end(); }

std::optional<secret> pepper_ring::prehash(std::string_view id, std::string_view password) const {
    const auto found = keys_.find(id);
    if (found == keys_.end()) return std::nullopt;
    const std::string_view key = found->second.view();
    std::array<unsigned char, mac_size> mac{};
    unsigned size = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(password.data());
    if (key.size() > INT_MAX ||
        HMAC(EVP_sha384(), key.data(), static_cast<int>(key.size()), bytes, password.size(), mac.data(), &size) ==
            nullptr ||
        size != mac_size) {
        throw std::runtime_error("HMAC-SHA-384 failed");
    }
    std::string text(text_size + 1, '\0');  // EncodeBlock ends with a NUL
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), mac.data(), static_cast<int>(mac.size()));
    OPENSSL_cleanse(mac.data(), mac.size());
    text.resize(text_size);
    return secret(std::move(text));
}

}  // namespace mita::hashing

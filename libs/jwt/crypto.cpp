#include "jwt/crypto.hpp"

#include "core/base64url.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <stdexcept>

namespace mita::jwt::crypto {

void free_handle::operator()(evp_pkey_st* p) const noexcept { EVP_PKEY_free(p); }
void free_handle::operator()(evp_md_st* p) const noexcept { EVP_MD_free(p); }
void free_handle::operator()(evp_mac_st* p) const noexcept { EVP_MAC_free(p); }

void fail(const char* what) {
    ERR_clear_error();
    throw std::runtime_error(what);
}

void refuse(const char* what) {
    ERR_clear_error();
    throw std::invalid_argument(what);
}

digest_method fetch_sha256() {
    digest_method m(EVP_MD_fetch(nullptr, "SHA256", nullptr));
    if (!m) fail("OpenSSL has no SHA-256");
    return m;
}

mac_method fetch_hmac() {
    mac_method m(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    if (!m) fail("OpenSSL has no HMAC");
    return m;
}

std::array<unsigned char, 32> sha256(const evp_md_st* method, std::string_view data) {
    std::array<unsigned char, 32> out{};
    unsigned size = 0;
    if (EVP_Digest(data.data(), data.size(), out.data(), &size, method, nullptr) != 1) fail("SHA-256 failed");
    return out;
}

std::string thumbprint(const evp_md_st* method, std::string_view canonical) {
    const auto hash = sha256(method, canonical);
    return base64url::encode({reinterpret_cast<const char*>(hash.data()), hash.size()});
}

}  // namespace mita::jwt::crypto

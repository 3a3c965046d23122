#include "jwt/signatures.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <cstring>

namespace mita::jwt::crypto {

namespace {

using key_context = std::unique_ptr<EVP_PKEY_CTX, by<EVP_PKEY_CTX_free>>;
using digest_context = std::unique_ptr<EVP_MD_CTX, by<EVP_MD_CTX_free>>;
using mac_context = std::unique_ptr<EVP_MAC_CTX, by<EVP_MAC_CTX_free>>;

constexpr unsigned char p256_order[32] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
                                          0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
                                          0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};

// 1 <= value < n (T7; CVE-2022-21449 was a zero).
bool in_order(const unsigned char* value) {
    unsigned char any = 0;
    for (int i = 0; i < 32; ++i) any |= value[i];
    return any != 0 && std::memcmp(value, p256_order, 32) < 0;
}

// DER INTEGER of 32 big-endian bytes at `out`; its length.
std::size_t put_integer(unsigned char* out, const unsigned char* value) {
    std::size_t skip = 0;
    while (skip < 31 && value[skip] == 0) ++skip;
    const bool pad = (value[skip] & 0x80) != 0;
    const std::size_t size = 32 - skip + (pad ? 1 : 0);
    out[0] = 0x02;
    out[1] = static_cast<unsigned char>(size);
    if (pad) out[2] = 0;
    std::memcpy(out + 2 + (pad ? 1 : 0), value + skip, 32 - skip);
    return size + 2;
}

}  // namespace

bool verify_es256(evp_pkey_st* key, const evp_md_st* method, std::string_view input, std::string_view signature) {
    if (signature.size() != 64) return false;
    const unsigned char* raw = bytes(signature);
    if (!in_order(raw) || !in_order(raw + 32)) return false;
    unsigned char der[72];
    std::size_t size = 2;
    size += put_integer(der + size, raw);
    size += put_integer(der + size, raw + 32);
    der[0] = 0x30;
    der[1] = static_cast<unsigned char>(size - 2);
    unsigned char hash[32];
    if (EVP_Digest(input.data(), input.size(), hash, nullptr, method, nullptr) != 1) return false;
    const key_context ctx(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    const bool good =
        ctx && EVP_PKEY_verify_init(ctx.get()) == 1 && EVP_PKEY_verify(ctx.get(), der, size, hash, sizeof hash) == 1;
    if (!good) ERR_clear_error();
    return good;
}

bool verify_ed25519(evp_pkey_st* key, std::string_view input, std::string_view signature) {
    if (signature.size() != 64) return false;
    const digest_context ctx(EVP_MD_CTX_new());
    const bool good = ctx && EVP_DigestVerifyInit(ctx.get(), nullptr, nullptr, nullptr, key) == 1 &&
                      EVP_DigestVerify(ctx.get(), bytes(signature), signature.size(), bytes(input), input.size()) == 1;
    if (!good) ERR_clear_error();
    return good;
}

bool verify_rs256(evp_pkey_st* key, const evp_md_st* method, std::string_view input, std::string_view signature) {
    if (signature.size() != static_cast<std::size_t>(EVP_PKEY_get_size(key))) return false;
    unsigned char hash[32];
    if (EVP_Digest(input.data(), input.size(), hash, nullptr, method, nullptr) != 1) return false;
    const key_context ctx(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    const bool good = ctx && EVP_PKEY_verify_init(ctx.get()) == 1 &&
                      EVP_PKEY_CTX_set_rsa_padding(ctx.get(), RSA_PKCS1_PADDING) == 1 &&
                      EVP_PKEY_CTX_set_signature_md(ctx.get(), method) == 1 &&
                      EVP_PKEY_verify(ctx.get(), bytes(signature), signature.size(), hash, sizeof hash) == 1;
    if (!good) ERR_clear_error();
    return good;
}

bool verify_hs256(evp_mac_st* method, std::string_view secret, std::string_view input, std::string_view signature) {
    if (signature.size() != 32) return false;
    char digest_name[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0),
                                 OSSL_PARAM_construct_end()};
    unsigned char mac[32];
    std::size_t size = 0;
    const mac_context ctx(EVP_MAC_CTX_new(method));
    const bool made = ctx && EVP_MAC_init(ctx.get(), bytes(secret), secret.size(), params) == 1 &&
                      EVP_MAC_update(ctx.get(), bytes(input), input.size()) == 1 &&
                      EVP_MAC_final(ctx.get(), mac, &size, sizeof mac) == 1 && size == sizeof mac;
    if (!made) ERR_clear_error();
    return made && CRYPTO_memcmp(mac, signature.data(), sizeof mac) == 0;
}

std::string sign(evp_pkey_st* key, algorithm a, const evp_md_st* method, std::string_view input) {
    std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(key));
    std::string out(size, '\0');
    auto* to = reinterpret_cast<unsigned char*>(out.data());
    if (a == algorithm::eddsa) {
        const digest_context ctx(EVP_MD_CTX_new());
        if (!ctx || EVP_DigestSignInit(ctx.get(), nullptr, nullptr, nullptr, key) != 1 ||
            EVP_DigestSign(ctx.get(), to, &size, bytes(input), input.size()) != 1)
            fail("signing failed");
        out.resize(size);
        return out;
    }
    const auto hash = sha256(method, input);
    const key_context ctx(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    if (!ctx || EVP_PKEY_sign_init(ctx.get()) != 1) fail("signing failed");
    if (a == algorithm::rs256 && (EVP_PKEY_CTX_set_rsa_padding(ctx.get(), RSA_PKCS1_PADDING) != 1 ||
                                  EVP_PKEY_CTX_set_signature_md(ctx.get(), method) != 1))
        fail("signing failed");
    if (EVP_PKEY_sign(ctx.get(), to, &size, hash.data(), hash.size()) != 1) fail("signing failed");
    out.resize(size);
    if (a == algorithm::rs256) return out;

    const unsigned char* der = bytes(out);
    const std::unique_ptr<ECDSA_SIG, by<ECDSA_SIG_free>> parts(d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(size)));
    std::string raw(64, '\0');
    auto* r = reinterpret_cast<unsigned char*>(raw.data());
    if (!parts || BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), r, 32) != 32 ||
        BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), r + 32, 32) != 32)
        fail("signing failed");
    return raw;
}

}  // namespace mita::jwt::crypto

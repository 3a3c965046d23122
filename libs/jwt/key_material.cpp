#include "jwt/key_material.hpp"

#include "core/base64url.hpp"
#include "jwt/edwards_point.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

namespace mita::jwt::crypto {

namespace {

using bignum = std::unique_ptr<BIGNUM, by<BN_free>>;
using key_context = std::unique_ptr<EVP_PKEY_CTX, by<EVP_PKEY_CTX_free>>;
using param_builder = std::unique_ptr<OSSL_PARAM_BLD, by<OSSL_PARAM_BLD_free>>;
using param_list = std::unique_ptr<OSSL_PARAM, by<OSSL_PARAM_free>>;
using bio = std::unique_ptr<BIO, by<BIO_free_all>>;

bignum number(std::string_view big_endian) {
    bignum n(BN_bin2bn(bytes(big_endian), static_cast<int>(big_endian.size()), nullptr));
    if (!n) fail("out of memory");
    return n;
}

pkey from_params(const char* type, OSSL_PARAM_BLD* builder, const char* complaint) {
    const param_list params(OSSL_PARAM_BLD_to_param(builder));
    const key_context ctx(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* made = nullptr;
    if (!params || !ctx || EVP_PKEY_fromdata_init(ctx.get()) != 1 ||
        EVP_PKEY_fromdata(ctx.get(), &made, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
        refuse(complaint);
    return pkey(made);
}

// The checks of make_* that a key which came whole needs, too.
void require_acceptable(const evp_pkey_st& key, algorithm a) {
    if (a == algorithm::rs256) {
        const int bits = EVP_PKEY_get_bits(&key);
        if (bits < 2048) refuse("RSA keys under 2048 bits are refused");
        if (bits > 8192) refuse("RSA keys over 8192 bits are refused");
        BIGNUM* raw_e = nullptr;
        BIGNUM* raw_n = nullptr;
        EVP_PKEY_get_bn_param(&key, OSSL_PKEY_PARAM_RSA_E, &raw_e);
        EVP_PKEY_get_bn_param(&key, OSSL_PKEY_PARAM_RSA_N, &raw_n);
        const bignum e(raw_e), n(raw_n);
        if (!e || !n || !BN_is_odd(e.get()) || BN_is_one(e.get()) || BN_num_bits(e.get()) > 32)
            refuse("the RSA exponent must be odd, over 1 and under 2^32");
        if (!BN_is_odd(n.get())) refuse("the RSA modulus is even");
    }
    if (a == algorithm::es256) {
        const key_context ctx(EVP_PKEY_CTX_new_from_pkey(nullptr, const_cast<EVP_PKEY*>(&key), nullptr));
        if (!ctx || EVP_PKEY_public_check(ctx.get()) != 1) refuse("the EC point is not on P-256");
    }
}

std::string octets(const EVP_PKEY& key, const char* name) {
    std::string out(256, '\0');
    std::size_t size = 0;
    if (EVP_PKEY_get_octet_string_param(&key, name, reinterpret_cast<unsigned char*>(out.data()), out.size(), &size) !=
        1)
        fail("a key has no public part");
    out.resize(size);
    return out;
}

// Big-endian, padded to `width` when that is not 0.
std::string big_endian(const EVP_PKEY& key, const char* name, int width) {
    BIGNUM* raw = nullptr;
    if (EVP_PKEY_get_bn_param(&key, name, &raw) != 1) fail("a key has no public part");
    const bignum n(raw);
    const int size = width != 0 ? width : BN_num_bytes(n.get());
    std::string out(static_cast<std::size_t>(size), '\0');
    if (BN_bn2binpad(n.get(), reinterpret_cast<unsigned char*>(out.data()), size) != size)
        fail("a key part is too long");
    return out;
}

int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

pkey make_p256(std::string_view x, std::string_view y) {
    std::string point = "\x04";
    point.append(x).append(y);
    if (x.size() != 32 || y.size() != 32) refuse("EC coordinates must have 32 bytes");
    const param_builder b(OSSL_PARAM_BLD_new());
    if (!b || OSSL_PARAM_BLD_push_utf8_string(b.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(b.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) != 1)
        fail("out of memory");
    pkey key = from_params("EC", b.get(), "the EC point is not on P-256");
    require_acceptable(*key, algorithm::es256);
    return key;
}

pkey make_ed25519(std::string_view x) {
    if (x.size() != 32) refuse("an Ed25519 key has 32 bytes");
    if (!good_edwards_point(x)) refuse("the Ed25519 point is not on the curve or of small order");
    pkey key(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, bytes(x), x.size()));
    if (!key) refuse("not an Ed25519 key");
    return key;
}

pkey make_rsa(std::string_view n, std::string_view e) {
    if (n.empty() || n.front() == 0 || e.empty() || e.front() == 0)
        refuse("RSA numbers are written without leading zeros");
    const param_builder b(OSSL_PARAM_BLD_new());
    const bignum modulus = number(n), exponent = number(e);
    if (!b || OSSL_PARAM_BLD_push_BN(b.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(b.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) != 1)
        fail("out of memory");
    pkey key = from_params("RSA", b.get(), "not an RSA key");
    require_acceptable(*key, algorithm::rs256);
    return key;
}

pkey generate(algorithm a) {
    EVP_PKEY* made = nullptr;
    if (a == algorithm::es256) made = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256");
    if (a == algorithm::eddsa) made = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    if (made == nullptr) refuse("keys are generated for ES256 and EdDSA only");
    return pkey(made);
}

pkey read_private_pem(std::string_view pem) {
    // Other labels (EC PRIVATE KEY, RSA PRIVATE KEY, ENCRYPTED PRIVATE KEY) are not PKCS#8 in the clear.
    if (pem.find("-----BEGIN PRIVATE KEY-----") == std::string_view::npos || pem.size() > 16'384)
        refuse("a private key must be PKCS#8 PEM (BEGIN PRIVATE KEY)");
    const bio in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    if (!in) fail("out of memory");
    pkey key(PEM_read_bio_PrivateKey(in.get(), nullptr, &no_passphrase, nullptr));
    if (!key) refuse("the private key's PEM cannot be read");
    require_acceptable(*key, algorithm_of(*key));
    return key;
}

std::string write_private_pem(const evp_pkey_st& key) {
    const bio out(BIO_new(BIO_s_secmem()));
    if (!out || PEM_write_bio_PKCS8PrivateKey(out.get(), &key, nullptr, nullptr, 0, nullptr, nullptr) != 1)
        fail("the private key cannot be written");
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    std::string pem(data, static_cast<std::size_t>(size));
    OPENSSL_cleanse(data, static_cast<std::size_t>(size));
    return pem;
}

algorithm algorithm_of(const evp_pkey_st& key) {
    if (EVP_PKEY_is_a(&key, "ED25519") == 1) return algorithm::eddsa;
    if (EVP_PKEY_is_a(&key, "RSA") == 1) return algorithm::rs256;
    if (EVP_PKEY_is_a(&key, "EC") == 1) {
        char group[32] = {};
        std::size_t size = 0;
        EVP_PKEY_get_utf8_string_param(&key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, &size);
        if (std::string_view(group) == "prime256v1" || std::string_view(group) == "P-256") return algorithm::es256;
    }
    refuse("keys must be EC P-256, Ed25519 or RSA");
}

std::string canonical_jwk(const evp_pkey_st& key, algorithm a) {
    if (a == algorithm::eddsa)
        return R"({"crv":"Ed25519","kty":"OKP","x":")" + base64url::encode(octets(key, OSSL_PKEY_PARAM_PUB_KEY)) +
               "\"}";
    if (a == algorithm::rs256)
        return R"({"e":")" + base64url::encode(big_endian(key, OSSL_PKEY_PARAM_RSA_E, 0)) + R"(","kty":"RSA","n":")" +
               base64url::encode(big_endian(key, OSSL_PKEY_PARAM_RSA_N, 0)) + "\"}";
    return R"({"crv":"P-256","kty":"EC","x":")" + base64url::encode(big_endian(key, OSSL_PKEY_PARAM_EC_PUB_X, 32)) +
           R"(","y":")" + base64url::encode(big_endian(key, OSSL_PKEY_PARAM_EC_PUB_Y, 32)) + "\"}";
}

}  // namespace mita::jwt::crypto

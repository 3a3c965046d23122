#include "jwt/crypto.hpp"

#include "core/base64url.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstring>
#include <stdexcept>

namespace mita::jwt::crypto {

namespace {

template <auto F>
struct by {
    template <class T>
    void operator()(T* p) const noexcept {
        F(p);
    }
};
using bignum = std::unique_ptr<BIGNUM, by<BN_free>>;
using bn_context = std::unique_ptr<BN_CTX, by<BN_CTX_free>>;
using key_context = std::unique_ptr<EVP_PKEY_CTX, by<EVP_PKEY_CTX_free>>;
using digest_context = std::unique_ptr<EVP_MD_CTX, by<EVP_MD_CTX_free>>;
using mac_context = std::unique_ptr<EVP_MAC_CTX, by<EVP_MAC_CTX_free>>;
using param_builder = std::unique_ptr<OSSL_PARAM_BLD, by<OSSL_PARAM_BLD_free>>;
using param_list = std::unique_ptr<OSSL_PARAM, by<OSSL_PARAM_free>>;
using bio = std::unique_ptr<BIO, by<BIO_free_all>>;

const unsigned char* bytes(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

// OpenSSL's error queue is per thread; nothing of ours may be left in it for others to read.
[[noreturn]] void fail(const char* what) {
    ERR_clear_error();
    throw std::runtime_error(what);
}
[[noreturn]] void refuse(const char* what) {
    ERR_clear_error();
    throw std::invalid_argument(what);
}

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

// The point of RFC 8032 5.1.3 with this y exists and its order is not 1, 2, 4 or 8.
bool good_edwards_point(std::string_view encoded) {
    const bn_context ctx(BN_CTX_new());
    const bignum p(BN_new()), y(BN_lebin2bn(bytes(encoded), 32, nullptr)), d(BN_new());
    const bignum yy(BN_new()), u(BN_new()), v(BN_new()), xx(BN_new()), x(BN_new());
    if (!ctx || !p || !y || !d || !yy || !u || !v || !xx || !x) fail("out of memory");
    // p = 2^255 - 19, d = -121665/121666
    BN_set_bit(p.get(), 255);
    BN_sub_word(p.get(), 19);
    BN_set_word(v.get(), 121666);
    if (BN_mod_inverse(d.get(), v.get(), p.get(), ctx.get()) == nullptr) fail("arithmetic");
    BN_mul_word(d.get(), 121665);
    BN_mod(d.get(), d.get(), p.get(), ctx.get());
    BN_sub(d.get(), p.get(), d.get());
    BN_clear_bit(y.get(), 255);                       // the sign of x
    if (BN_cmp(y.get(), p.get()) >= 0) return false;  // not canonical
    BN_mod_sqr(yy.get(), y.get(), p.get(), ctx.get());
    BN_mod_sub(u.get(), yy.get(), BN_value_one(), p.get(), ctx.get());
    BN_mod_mul(v.get(), d.get(), yy.get(), p.get(), ctx.get());
    BN_mod_add(v.get(), v.get(), BN_value_one(), p.get(), ctx.get());
    if (BN_mod_inverse(v.get(), v.get(), p.get(), ctx.get()) == nullptr) fail("arithmetic");
    BN_mod_mul(xx.get(), u.get(), v.get(), p.get(), ctx.get());
    if (BN_is_zero(xx.get()) || BN_is_zero(y.get())) return false;  // orders 1, 2 and 4
    BN_mod_add(u.get(), xx.get(), yy.get(), p.get(), ctx.get());
    if (BN_is_zero(u.get())) return false;  // order 8: doubling gives y = 0
    const bool root = BN_mod_sqrt(x.get(), xx.get(), p.get(), ctx.get()) != nullptr;
    ERR_clear_error();
    return root;
}

int no_passphrase(char*, int, int, void*) { return -1; }

}  // namespace

void free_handle::operator()(evp_pkey_st* p) const noexcept { EVP_PKEY_free(p); }
void free_handle::operator()(evp_md_st* p) const noexcept { EVP_MD_free(p); }
void free_handle::operator()(evp_mac_st* p) const noexcept { EVP_MAC_free(p); }

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

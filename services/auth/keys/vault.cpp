#include "auth/keys/vault.hpp"

#include "core/ids.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>
#include <memory>
#include <stdexcept>

namespace mita::auth {

namespace {

constexpr std::size_t nonce_size = 12, tag_size = 16;
constexpr std::string_view at_rest = "mita auth encryption at rest";

template <class T, void (*Free)(T*)>
struct freed_by {
    void operator()(T* p) const { Free(p); }
};
using kdf_ptr = std::unique_ptr<EVP_KDF, freed_by<EVP_KDF, EVP_KDF_free>>;
using kdf_ctx_ptr = std::unique_ptr<EVP_KDF_CTX, freed_by<EVP_KDF_CTX, EVP_KDF_CTX_free>>;
using cipher_ctx_ptr = std::unique_ptr<EVP_CIPHER_CTX, freed_by<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>>;

unsigned char* bytes(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }
const unsigned char* bytes(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }
int length(std::string_view s) { return static_cast<int>(s.size()); }

void must(bool ok, const char* what) {
    if (!ok) throw std::runtime_error(what);
}

}  // namespace

vault::vault(secret master) : master_(std::move(master)), sealing_(master_.copy()) {}
vault::vault(secret master, secret sealing, secret former)
    : master_(std::move(master)), sealing_(std::move(sealing)), former_(std::move(former)) {}

secret vault::derive(std::string_view purpose, std::string_view context) const {
    return derive_from(master_, purpose, context);
}

secret vault::derive_from(const secret& from, std::string_view purpose, std::string_view context) {
    const kdf_ptr kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
    const kdf_ctx_ptr ctx(EVP_KDF_CTX_new(kdf.get()));
    std::string digest = "SHA256", key(from.view()), salt(purpose), info(context);
    const std::array<OSSL_PARAM, 5> params{
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, key.data(), key.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt.data(), salt.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()), OSSL_PARAM_construct_end()};
    std::string out(32, '\0');
    const int done = EVP_KDF_derive(ctx.get(), bytes(out), out.size(), params.data());
    OPENSSL_cleanse(key.data(), key.size());
    must(done == 1, "HKDF failed");
    return secret(std::move(out));
}

std::string vault::seal(std::string_view plain, std::string_view bound) const {
    const secret key = derive_from(sealing_, at_rest, {});
    std::string out(nonce_size + plain.size() + tag_size, '\0');
    random_bytes(out.data(), nonce_size);
    const cipher_ctx_ptr ctx(EVP_CIPHER_CTX_new());
    int n = 0;
    must(EVP_EncryptInit_ex(ctx.get(), EVP_aes_256_gcm(), nullptr, bytes(key.view()), bytes(out)) == 1 &&
             EVP_EncryptUpdate(ctx.get(), nullptr, &n, bytes(bound), length(bound)) == 1 &&
             EVP_EncryptUpdate(ctx.get(), bytes(out) + nonce_size, &n, bytes(plain), length(plain)) == 1 &&
             EVP_EncryptFinal_ex(ctx.get(), bytes(out) + nonce_size + n, &n) == 1 &&
             EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, bytes(out) + nonce_size + plain.size()) ==
                 1,
         "AES-GCM failed");
    return out;
}

std::optional<secret> vault::open(std::string_view sealed, std::string_view bound) const {
    auto plain = open_with(sealing_, sealed, bound);
    if (!plain && !former_.empty()) plain = open_with(former_, sealed, bound);
    return plain;
}

std::optional<secret> vault::open_with(const secret& from, std::string_view sealed, std::string_view bound) {
    if (sealed.size() < nonce_size + tag_size) return std::nullopt;
    const secret key = derive_from(from, at_rest, {});
    const auto body = sealed.substr(nonce_size, sealed.size() - nonce_size - tag_size);
    std::string tag(sealed.substr(sealed.size() - tag_size)), out(body.size(), '\0');
    const cipher_ctx_ptr ctx(EVP_CIPHER_CTX_new());
    int n = 0;
    const bool ok = EVP_DecryptInit_ex(ctx.get(), EVP_aes_256_gcm(), nullptr, bytes(key.view()), bytes(sealed)) == 1 &&
                    EVP_DecryptUpdate(ctx.get(), nullptr, &n, bytes(bound), length(bound)) == 1 &&
                    EVP_DecryptUpdate(ctx.get(), bytes(out), &n, bytes(body), length(body)) == 1 &&
                    EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) == 1 &&
                    EVP_DecryptFinal_ex(ctx.get(), bytes(out) + n, &n) == 1;
    if (!ok) {
        OPENSSL_cleanse(out.data(), out.size());
        return std::nullopt;
    }
    return secret(std::move(out));
}

}  // namespace mita::auth

#include "jwt/keys.hpp"

#include "core/base64url.hpp"
#include "jwt/key_material.hpp"
#include "jwt/public_key.hpp"
#include "jwt/signatures.hpp"

namespace mita::jwt {

std::string_view name(algorithm a) {
    switch (a) {
        case algorithm::es256:
            return "ES256";
        case algorithm::eddsa:
            return "EdDSA";
        case algorithm::rs256:
            return "RS256";
        case algorithm::hs256:
            return "HS256";
    }
    return "unknown";
}

struct signing_key::impl {
    impl(crypto::pkey k, algorithm a) : key(std::move(k)), alg(a), sha256(crypto::fetch_sha256()) {
        const std::string canonical = crypto::canonical_jwk(*key, alg);
        kid = crypto::thumbprint(sha256.get(), canonical);
        jwk = canonical;
        jwk.pop_back();
        jwk += R"(,"kid":")" + kid + R"(","alg":")" + std::string(name(alg)) + R"(","use":"sig"})";
    }
    crypto::pkey key;
    algorithm alg;
    crypto::digest_method sha256;
    std::string kid, jwk;
};

signing_key signing_key::generate(algorithm a) {
    signing_key made;
    made.impl_ = std::make_shared<const impl>(crypto::generate(a), a);
    return made;
}

signing_key signing_key::from_pem(const secret& private_pem) {
    crypto::pkey key = crypto::read_private_pem(private_pem.view());
    const algorithm a = crypto::algorithm_of(*key);
    signing_key made;
    made.impl_ = std::make_shared<const impl>(std::move(key), a);
    return made;
}

secret signing_key::to_pem() const { return secret(crypto::write_private_pem(*impl_->key)); }
const std::string& signing_key::kid() const { return impl_->kid; }
algorithm signing_key::alg() const { return impl_->alg; }
std::string signing_key::public_jwk() const { return impl_->jwk; }

std::string sign(const signing_key& key, std::string_view input) {
    return crypto::sign(key.impl_->key.get(), key.impl_->alg, key.impl_->sha256.get(), input);
}

algorithm alg_of(const public_key& key) { return key.alg; }

bool check_signature(const public_key& key, std::string_view input, std::string_view signature) {
    switch (key.alg) {
        case algorithm::es256:
            return crypto::verify_es256(key.key.get(), key.sha256.get(), input, signature);
        case algorithm::eddsa:
            return crypto::verify_ed25519(key.key.get(), input, signature);
        case algorithm::rs256:
            return crypto::verify_rs256(key.key.get(), key.sha256.get(), input, signature);
        case algorithm::hs256:
            return crypto::verify_hs256(key.hmac.get(), key.mac_key.view(), input, signature);
    }
    return false;
}

std::string make_jwks(const std::vector<std::string>& public_jwks) {
    std::string out = R"({"keys":[)";
    for (const auto& jwk : public_jwks) {
        if (out.back() != '[') out += ',';
        out += jwk;
    }
    return out + "]}";
}

}  // namespace mita::jwt

// Reading a JWKS (RFC 7517) into a key_set, closed: whatever is not understood is refused, not skipped (T12).
#include "core/base64url.hpp"
#include "core/json_parse.hpp"
#include "jwt/key_material.hpp"
#include "jwt/keys.hpp"
#include "jwt/public_key.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <optional>
#include <stdexcept>

namespace mita::jwt {

struct key_set::impl {
    std::vector<std::unique_ptr<public_key>> keys;  // a handful: searched in order
};

namespace {

namespace json = boost::json;

constexpr std::size_t max_text = 64 << 10;
constexpr std::size_t max_keys = 64;
constexpr std::size_t max_kid = 128;

[[noreturn]] void refuse(const std::string& what) { throw std::invalid_argument("JWKS: " + what); }

std::optional<std::string_view> text_member(const json::object& jwk, std::string_view name) {
    const auto* v = jwk.if_contains(name);
    if (v == nullptr) return std::nullopt;
    if (!v->is_string()) refuse("\"" + std::string(name) + "\" must be a string");
    return std::string_view(v->get_string());
}

std::string_view required(const json::object& jwk, std::string_view name) {
    const auto value = text_member(jwk, name);
    if (!value || value->empty()) refuse("\"" + std::string(name) + "\" is missing");
    return *value;
}

std::string member_bytes(const json::object& jwk, std::string_view name) {
    const auto bytes = base64url::decode(required(jwk, name));
    if (!bytes) refuse("\"" + std::string(name) + "\" is not base64url");
    return *bytes;
}

void require_purpose(const json::object& jwk, algorithm a) {
    const auto alg = text_member(jwk, "alg");
    if (alg && *alg != name(a)) refuse("\"alg\" does not fit the key");
    const auto use = text_member(jwk, "use");
    if (use && *use != "sig") refuse("\"use\" must be \"sig\"");
    const auto* ops = jwk.if_contains("key_ops");
    if (ops == nullptr) return;
    if (!ops->is_array() || ops->get_array().size() != 1 || !ops->get_array()[0].is_string() ||
        std::string_view(ops->get_array()[0].get_string()) != "verify")
        refuse("\"key_ops\" must be [\"verify\"]");
}

void fill_asymmetric(public_key& key, const json::object& jwk, std::string_view kty) {
    for (const char* member : {"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
        if (jwk.contains(member))
            refuse(std::string("a public key must not have the private member \"") + member + "\"");
    if (kty == "RSA") {
        key.alg = algorithm::rs256;
        key.key = crypto::make_rsa(member_bytes(jwk, "n"), member_bytes(jwk, "e"));
    } else if (kty == "EC") {
        if (required(jwk, "crv") != "P-256") refuse("the curve must be P-256");
        key.alg = algorithm::es256;
        key.key = crypto::make_p256(member_bytes(jwk, "x"), member_bytes(jwk, "y"));
    } else if (kty == "OKP") {
        if (required(jwk, "crv") != "Ed25519") refuse("the curve must be Ed25519");
        key.alg = algorithm::eddsa;
        key.key = crypto::make_ed25519(member_bytes(jwk, "x"));
    } else {
        refuse("the key type must be EC, OKP, RSA or oct");
    }
    key.thumbprint = crypto::thumbprint(key.sha256.get(), crypto::canonical_jwk(*key.key, key.alg));
}

void fill_secret(public_key& key, const json::object& jwk) {
    key.alg = algorithm::hs256;
    key.mac_key = secret(member_bytes(jwk, "k"));
    key.hmac = crypto::fetch_hmac();
    if (key.mac_key.view().size() < 32) refuse("an HS256 secret must have 32 bytes or more");
    const std::string canonical = R"({"k":")" + std::string(required(jwk, "k")) + R"(","kty":"oct"})";
    key.thumbprint = crypto::thumbprint(key.sha256.get(), canonical);
}

std::unique_ptr<public_key> make_key(const json::value& value) {
    if (!value.is_object()) refuse("a key must be an object");
    const auto& jwk = value.get_object();
    auto key = std::make_unique<public_key>();
    key->sha256 = crypto::fetch_sha256();
    const auto kty = required(jwk, "kty");
    if (kty == "oct") {
        fill_secret(*key, jwk);
    } else {
        fill_asymmetric(*key, jwk, kty);
    }
    require_purpose(jwk, key->alg);
    key->kid = std::string(text_member(jwk, "kid").value_or(key->thumbprint));
    if (key->kid.empty() || key->kid.size() > max_kid) refuse("a \"kid\" must have 1 to 128 bytes");
    return key;
}

}  // namespace

key_set::key_set() : impl_(std::make_shared<const impl>()) {}

key_set key_set::from_jwks(std::string_view document) {
    if (document.size() > max_text) refuse("the document is too large");
    json_limits limits;
    limits.depth = 8;
    limits.members = 2000;
    json::value root;
    if (const auto fault = parse_json(document, limits, root)) refuse(fault->detail);
    const auto* keys = root.is_object() ? root.get_object().if_contains("keys") : nullptr;
    if (keys == nullptr || !keys->is_array()) refuse("\"keys\" must be an array");
    if (keys->get_array().empty() || keys->get_array().size() > max_keys) refuse("a set has 1 to 64 keys");
    auto made = std::make_shared<impl>();
    for (const auto& value : keys->get_array()) {
        auto key = make_key(value);
        for (const auto& other : made->keys) {
            if (other->kid == key->kid) refuse("two keys have one \"kid\"");
            if ((other->alg == algorithm::hs256) != (key->alg == algorithm::hs256))
                refuse("secrets and public keys are mixed");
        }
        made->keys.push_back(std::move(key));
    }
    key_set set;
    set.impl_ = std::move(made);
    return set;
}

const public_key* key_set::find(std::string_view kid) const {
    for (const auto& key : impl_->keys)
        if (key->kid == kid) return key.get();
    return nullptr;
}

std::size_t key_set::size() const { return impl_->keys.size(); }

std::vector<std::string> key_set::kids() const {
    std::vector<std::string> out;
    for (const auto& key : impl_->keys) out.push_back(key->kid);
    return out;
}

}  // namespace mita::jwt

#include "auth/webauthn/ceremony.hpp"

#include "auth/webauthn/cbor.hpp"
#include "core/json_parse.hpp"
#include "core/mac.hpp"

#include <boost/json/object.hpp>

#include <openssl/sha.h>

#include <algorithm>
#include <array>

namespace mita::auth {

namespace {

namespace json = boost::json;

constexpr std::size_t hash_size = 32, fixed_size = 37, aaguid_size = 16, most_id = 1023;
constexpr unsigned user_present = 1, user_verified = 4, may_be_backed_up = 8, is_backed_up = 16, has_credential = 64,
                   has_extensions = 128;

std::string sha256(std::string_view data) {
    std::string out(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(data.data()), data.size(),
           reinterpret_cast<unsigned char*>(out.data()));
    return out;
}

// Authenticator data (6.1) up to what is attested.
struct fixed_part {
    std::string_view rp_hash, rest;
    unsigned flags = 0;
    std::uint32_t counter = 0;
    bool has(unsigned flag) const { return (flags & flag) != 0; }
};

std::optional<fixed_part> read_fixed(std::string_view data) {
    if (data.size() < fixed_size) return std::nullopt;
    fixed_part out;
    out.rp_hash = data.substr(0, hash_size);
    out.flags = static_cast<unsigned char>(data[hash_size]);
    for (std::size_t i = hash_size + 1; i < fixed_size; ++i)
        out.counter = out.counter << 8 | static_cast<unsigned char>(data[i]);
    out.rest = data.substr(fixed_size);
    return out;
}

fault judge(const fixed_part& a, const relying_party& rp, bool verified_needed) {
    if (!same_bytes(a.rp_hash, sha256(rp.id))) return fault::rp_id;
    if (!a.has(user_present)) return fault::presence;
    if (verified_needed && !a.has(user_verified)) return fault::verification;
    if (a.has(is_backed_up) && !a.has(may_be_backed_up)) return fault::backup;
    return fault::none;
}

// Extensions, when the flag says so, and nothing behind them.
bool ends_well(const fixed_part& a, std::string_view rest) {
    if (!a.has(has_extensions)) return rest.empty();
    cbor::reader in(rest);
    cbor::reader kind = in;
    return kind.map() && in.skip() && in.done();
}

const json::string* text_of(const json::object& o, std::string_view name) {
    const auto* v = o.if_contains(name);
    return v != nullptr ? v->if_string() : nullptr;
}

// {fmt: "none", attStmt: {}, authData}: each once, nothing else, nothing behind.
fault read_attestation(std::string_view object, std::string_view& auth_data) {
    cbor::reader in(object);
    if (in.map() != 3) return fault::attestation;
    bool format = false, statement = false;
    for (int i = 0; i < 3; ++i) {
        const auto key = in.text();
        if (key == "fmt" && !format) {
            format = in.text() == "none";
            if (!format) return fault::attestation;
        } else if (key == "attStmt" && !statement) {
            statement = in.map() == 0;
            if (!statement) return fault::attestation;
        } else if (key == "authData" && auth_data.data() == nullptr) {
            const auto bytes = in.bytes();
            if (!bytes) return fault::attestation;
            auth_data = *bytes;
        } else {
            return fault::attestation;
        }
    }
    return in.done() ? fault::none : fault::attestation;
}

}  // namespace

std::string_view name(fault f) {
    constexpr std::array<std::string_view, 13> names{
        "none",     "client_data",  "type",   "origin",        "attestation", "authenticator", "rp_id",
        "presence", "verification", "backup", "credential_id", "key",         "signature"};
    return names.at(static_cast<std::size_t>(f));
}

client_data read_client_data(std::string_view text, std::string_view type, const relying_party& rp) {
    client_data out;
    json_limits limits;
    limits.depth = 8;
    limits.members = 100;
    json::value root;
    out.wrong = fault::client_data;
    if (parse_json(text, limits, root) || !root.is_object()) return out;
    const auto& o = root.get_object();
    const auto *said = text_of(o, "type"), *challenge = text_of(o, "challenge"), *origin = text_of(o, "origin");
    if (said == nullptr || challenge == nullptr || origin == nullptr) return out;
    out.challenge.assign(challenge->data(), challenge->size());
    const auto* framed = o.if_contains("crossOrigin");
    if (framed != nullptr && !framed->is_bool()) return out;
    const bool ours = std::any_of(rp.origins.begin(), rp.origins.end(),
                                  [&](const std::string& one) { return std::string_view(*origin) == one; });
    if (std::string_view(*said) != type)
        out.wrong = fault::type;
    else if (!ours || (framed != nullptr && framed->get_bool()) || o.contains("topOrigin"))
        out.wrong = fault::origin;
    else
        out.wrong = fault::none;
    return out;
}

made_passkey judge_made(std::string_view id, std::string_view attestation_object, const relying_party& rp) {
    made_passkey out;
    std::string_view data;
    out.wrong = read_attestation(attestation_object, data);
    if (out.wrong != fault::none) return out;
    out.wrong = fault::authenticator;
    const auto a = read_fixed(data);
    if (!a || !a->has(has_credential) || a->rest.size() < aaguid_size + 2) return out;
    const auto sized = a->rest.substr(aaguid_size);
    const auto size = static_cast<std::size_t>(static_cast<unsigned char>(sized[0])) << 8 |
                      static_cast<std::size_t>(static_cast<unsigned char>(sized[1]));
    if (sized.size() < 2 + size) return out;
    const auto called = sized.substr(2, size);
    const auto cose = sized.substr(2 + size);
    out.wrong = judge(*a, rp, true);
    if (out.wrong != fault::none) return out;
    out.wrong = fault::credential_id;
    if (called.empty() || called.size() > most_id || called != id) return out;
    out.wrong = fault::key;
    std::string_view rest;
    const auto key = passkey_key::read(cose, rest);
    if (!key) return out;
    out.wrong = fault::authenticator;
    if (!ends_well(*a, rest)) return out;
    out.wrong = fault::none;
    out.credential_id = called;
    out.public_key = cose.substr(0, cose.size() - rest.size());
    out.counter = a->counter;
    out.backed_up = a->has(is_backed_up);
    return out;
}

shown_passkey judge_shown(std::string_view public_key, std::string_view authenticator_data,
                          std::string_view client_data_json, std::string_view signature, const relying_party& rp,
                          bool verified_needed) {
    shown_passkey out;
    out.wrong = fault::authenticator;
    const auto a = read_fixed(authenticator_data);
    if (!a || a->has(has_credential) || !ends_well(*a, a->rest)) return out;
    out.wrong = judge(*a, rp, verified_needed);
    if (out.wrong != fault::none) return out;
    out.wrong = fault::key;
    const auto key = passkey_key::read(public_key);
    if (!key) return out;
    out.wrong = fault::signature;
    if (!key->signed_this(std::string(authenticator_data) + sha256(client_data_json), signature)) return out;
    out.wrong = fault::none;
    out.counter = a->counter;
    out.verified = a->has(user_verified);
    return out;
}

}  // namespace mita::auth

// Published vectors as Debian's python3-cryptography-vectors carries them: NIST's of ECDSA and RSA (CAVP, FIPS 186-3),
// Bernstein's of Ed25519, RFC 4231's of HMAC. Which others there are, and what of these does not apply: VECTORS.md.
#include "core/base64url.hpp"
#include "jwt/keys.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <functional>
#include <map>
#include <stdexcept>
#include <string>

using namespace mita;
using namespace mita::jwt;

namespace {

const std::string home = "/usr/lib/python3/dist-packages/cryptography_vectors/";

std::ifstream open(const std::string& file) {
    std::ifstream in(home + file);
    INFO("install python3-cryptography-vectors, as tests/run does");
    REQUIRE(in);
    return in;
}

std::string unhex(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2)
        out += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
    return out;
}

std::string b64(const std::string& bytes) { return base64url::encode(bytes); }
// Of a number in hex: no leading zeros.
std::string b64_number(const std::string& text) {
    const auto bytes = unhex(text.size() % 2 != 0 ? "0" + text : text);
    return b64(bytes.substr(std::min(bytes.find_first_not_of('\0'), bytes.size())));
}

using fields = std::map<std::string, std::string>;

// "name = value" lines; each(fields) at every `last`, fields keep their values. "[…]" is kept as "section".
void each_case(const std::string& file, const std::string& last, const std::function<void(const fields&)>& each) {
    auto in = open(file);
    fields f;
    for (std::string line; std::getline(in, line);) {
        while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
        if (line.starts_with('[')) f["section"] = line;
        const auto at = line.find('=');
        if (line.starts_with('[') || line.starts_with('#') || at == std::string::npos) continue;
        const auto name = line.substr(0, line.find_first_of(" ="));
        f[name] = line.size() > at + 2 ? line.substr(at + 2) : "";
        if (name == last) each(f);
    }
}

key_set only(const std::string& jwk) { return key_set::from_jwks(make_jwks({jwk})); }

bool good(const key_set& set, const std::string& message, const std::string& signature) {
    return check_signature(*set.find(set.kids().at(0)), message, signature);
}

key_set p256(const fields& f) {
    return only(R"({"kty":"EC","crv":"P-256","x":")" + b64(unhex(f.at("Qx"))) + R"(","y":")" + b64(unhex(f.at("Qy"))) +
                "\"}");
}

}  // namespace

TEST_CASE("T7: NIST's vectors of ECDSA with P-256 and SHA-256, good and spoilt") {
    int right = 0, wrong = 0;
    each_case("asymmetric/ECDSA/FIPS_186-3/SigVer.rsp", "Result", [&](const fields& f) {
        if (f.at("section") != "[P-256,SHA-256]") return;
        const bool expected = f.at("Result").starts_with('P');
        CHECK(good(p256(f), unhex(f.at("Msg")), unhex(f.at("R") + f.at("S"))) == expected);
        ++(expected ? right : wrong);
    });
    each_case("asymmetric/ECDSA/FIPS_186-3/SigGen.txt", "S", [&](const fields& f) {
        if (f.at("section") != "[P-256,SHA-256]") return;
        CHECK(good(p256(f), unhex(f.at("Msg")), unhex(f.at("R") + f.at("S"))));
        CHECK_FALSE(good(p256(f), unhex(f.at("Msg")) + "x", unhex(f.at("R") + f.at("S"))));
        ++right;
    });
    CHECK(right >= 18);
    CHECK(wrong >= 10);
}

TEST_CASE("T12: NIST's points that are not on P-256 are no keys") {
    int on = 0, off = 0;
    each_case("asymmetric/ECDSA/FIPS_186-3/PKV.rsp", "Result", [&](const fields& f) {
        if (f.at("section") != "[P-256]") return;
        const bool expected = f.at("Result").starts_with('P');
        if (expected)
            CHECK_NOTHROW(p256(f));
        else
            CHECK_THROWS_AS(p256(f), std::invalid_argument);
        ++(expected ? on : off);
    });
    CHECK(on >= 3);
    CHECK(off >= 6);
}

TEST_CASE("The thousand vectors of Ed25519") {
    auto in = open("asymmetric/Ed25519/sign.input");
    int done = 0;
    for (std::string line; std::getline(in, line); ++done) {
        const auto first = line.find(':'), second = line.find(':', first + 1), third = line.find(':', second + 1);
        const auto key = only(R"({"kty":"OKP","crv":"Ed25519","x":")" +
                              b64(unhex(line.substr(first + 1, second - first - 1))) + "\"}");
        const auto message = unhex(line.substr(second + 1, third - second - 1));
        auto signature = unhex(line.substr(third + 1, 128));
        CHECK(good(key, message, signature));
        signature[static_cast<std::size_t>(done) % 64] ^= 1;
        CHECK_FALSE(good(key, message, signature));
    }
    CHECK(done == 1024);
}

TEST_CASE("T12: NIST's vectors of RSA PKCS#1 1.5 with SHA-256, good and spoilt; keys under 2048 bits are none") {
    int right = 0, wrong = 0, weak = 0;
    each_case("asymmetric/RSA/FIPS_186-2/SigVer15_186-3.rsp", "Result", [&](const fields& f) {
        if (f.at("SHAAlg") != "SHA256") return;
        const auto jwk = R"({"kty":"RSA","n":")" + b64_number(f.at("n")) + R"(","e":")" + b64_number(f.at("e")) + "\"}";
        const auto bits = std::stoi(f.at("section").substr(7));
        if (bits < 2048) {
            CHECK_THROWS_AS(only(jwk), std::invalid_argument);
            ++weak;
            return;
        }
        const bool expected = f.at("Result").starts_with('P');
        CHECK(good(only(jwk), unhex(f.at("Msg")), unhex(f.at("S"))) == expected);
        ++(expected ? right : wrong);
    });
    CHECK(right >= 3);
    CHECK(wrong >= 10);
    CHECK(weak >= 6);
}

TEST_CASE("T12: RFC 4231's vectors of HMAC-SHA-256 with keys that are long enough; shorter keys are none") {
    int right = 0, weak = 0;
    each_case("HMAC/rfc-4231-sha256.txt", "MD", [&](const fields& f) {
        const auto secret = unhex(f.at("Key")), sum = unhex(f.at("MD"));
        const auto jwk = R"({"kty":"oct","k":")" + b64(secret) + "\"}";
        if (secret.size() < 32) {
            CHECK_THROWS_AS(only(jwk), std::invalid_argument);
            ++weak;
            return;
        }
        CHECK(good(only(jwk), unhex(f.at("Msg")), sum));
        CHECK_FALSE(good(only(jwk), unhex(f.at("Msg")), sum.substr(0, 16)));  // a truncated one
        ++right;
    });
    CHECK(right >= 2);
    CHECK(weak >= 3);
}

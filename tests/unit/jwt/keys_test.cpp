#include "jwt/keys.hpp"

#include "core/base64url.hpp"
#include "unit/jwt/forge.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <rapidcheck.h>
#include <catch2/catch.hpp>

#include <memory>
#include <string>

using namespace mita;
using namespace mita::jwt;
using Catch::Matchers::Contains;

namespace {

std::string jwks(const std::string& keys) { return R"({"keys":[)" + keys + "]}"; }

std::string pem_of(EVP_PKEY* key) {
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(BIO_new(BIO_s_mem()), &BIO_free_all);
    PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string rsa_pem(std::size_t bits) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits),
                                                                  &EVP_PKEY_free);
    return pem_of(key.get());
}

constexpr const char* ec_x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
constexpr const char* ec_y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const std::string ec_key = std::string(R"({"kty":"EC","crv":"P-256","x":")") + ec_x + R"(","y":")" + ec_y + "\"}";

bool verifies(const key_set& set, std::string_view token) {
    const auto dot = token.rfind('.');
    const auto signature = base64url::decode(token.substr(dot + 1));
    REQUIRE(signature);
    return check_signature(*set.find(set.kids().at(0)), token.substr(0, dot), *signature);
}

}  // namespace

TEST_CASE("RFC 7638 3.1 and RFC 8037 A.3: thumbprints are the kids") {
    const auto rsa = key_set::from_jwks(jwks(
        R"({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB"})"));
    CHECK(rsa.kids() == std::vector<std::string>{"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"});
    const auto ed =
        key_set::from_jwks(jwks(R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})"));
    CHECK(ed.kids() == std::vector<std::string>{"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"});
    CHECK(alg_of(*ed.find("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")) == algorithm::eddsa);
}

TEST_CASE("RFC 7515 A.1, A.3 and RFC 8037 A.4: the published signatures verify, any changed bit does not") {
    const auto es = key_set::from_jwks(jwks(ec_key));
    const auto hs = key_set::from_jwks(jwks(
        R"({"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"})"));
    const auto ed =
        key_set::from_jwks(jwks(R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})"));
    const std::string claims =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    const std::string es_token =
        "eyJhbGciOiJFUzI1NiJ9." + claims +
        ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    const std::string hs_token =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + claims + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const std::string ed_token =
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    CHECK(verifies(es, es_token));
    CHECK(verifies(hs, hs_token));
    CHECK(verifies(ed, ed_token));
    for (const auto& [set, token] : {std::pair{&es, es_token}, std::pair{&hs, hs_token}, std::pair{&ed, ed_token}}) {
        const auto dot = token.rfind('.');
        const std::string signature = *base64url::decode(std::string_view(token).substr(dot + 1));
        const auto* key = set->find(set->kids().at(0));
        for (std::size_t bit = 0; bit < signature.size() * 8; bit += 7) {
            std::string changed = signature;
            changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
            CHECK_FALSE(check_signature(*key, token.substr(0, dot), changed));
        }
        CHECK_FALSE(check_signature(*key, token.substr(1, dot - 1), signature));
        CHECK_FALSE(check_signature(*key, token.substr(0, dot), ""));
        CHECK_FALSE(check_signature(*key, token.substr(0, dot), signature.substr(1)));
        CHECK_FALSE(check_signature(*key, token.substr(0, dot), signature + std::string(1, '\0')));
        CHECK_FALSE(check_signature(*key, token.substr(0, dot), std::string(signature.size(), '\0')));
    }
}

TEST_CASE("T7: ES256 takes exactly 64 bytes with 1 <= r, s < n; DER is refused") {
    const auto key = signing_key::generate(algorithm::es256);
    const auto set = test::set_of(key);
    const auto* verifier = set.find(key.kid());
    const std::string input = "header.payload";
    const std::string good = sign(key, input);
    REQUIRE(good.size() == 64);
    CHECK(check_signature(*verifier, input, good));
    const std::string order = *base64url::decode("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE");
    REQUIRE(order.size() == 32);
    std::string order_less_one = order;
    order_less_one.back() = '\x50';
    const std::string zero(32, '\0'), r = good.substr(0, 32), s = good.substr(32);
    std::string one = zero;
    one.back() = 1;
    for (const auto& wrong : {zero + zero, zero + s, r + zero, order + s, r + order, std::string(64, '\xff'), one + one,
                              order_less_one + order_less_one, order_less_one + one, r + s + zero, s + r})
        CHECK_FALSE(check_signature(*verifier, input, wrong));
    // The same signature as DER: SEQUENCE { INTEGER r, INTEGER s }.
    const auto integer = [](std::string v) {
        if (static_cast<unsigned char>(v[0]) >= 0x80) v.insert(v.begin(), '\0');
        return std::string("\x02") + static_cast<char>(v.size()) + v;
    };
    const std::string body = integer(r) + integer(s);
    CHECK_FALSE(check_signature(*verifier, input, std::string("\x30") + static_cast<char>(body.size()) + body));
}

TEST_CASE("Keys are made, written as PKCS#8 PEM and read back as the same key") {
    for (const auto a : {algorithm::es256, algorithm::eddsa}) {
        const auto key = signing_key::generate(a);
        CHECK(key.alg() == a);
        const auto pem = key.to_pem();
        CHECK_THAT(std::string(pem.view()), Contains("-----BEGIN PRIVATE KEY-----"));
        const auto back = signing_key::from_pem(pem);
        CHECK(back.kid() == key.kid());
        CHECK(back.public_jwk() == key.public_jwk());
        const auto set = test::set_of(back);
        CHECK(set.size() == 1);
        CHECK(check_signature(*set.find(key.kid()), "x", sign(key, "x")));
        CHECK_THAT(key.public_jwk(),
                   Contains(R"("use":"sig")") && Contains(std::string(name(a))) && !Contains("\"d\""));
    }
    const auto rsa = signing_key::from_pem(secret(rsa_pem(2048)));
    CHECK(rsa.alg() == algorithm::rs256);
    const auto set = test::set_of(rsa);
    const auto signature = sign(rsa, "x");
    CHECK(signature.size() == 256);
    CHECK(check_signature(*set.find(rsa.kid()), "x", signature));
    CHECK_FALSE(check_signature(*set.find(rsa.kid()), "y", signature));
}

TEST_CASE("T12: private keys that are weak, of another kind or not PKCS#8 are refused") {
    CHECK_THROWS_AS(signing_key::from_pem(secret(rsa_pem(1024))), std::invalid_argument);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> p384(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384"),
                                                                   &EVP_PKEY_free);
    CHECK_THROWS_AS(signing_key::from_pem(secret(pem_of(p384.get()))), std::invalid_argument);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> x25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"),
                                                                     &EVP_PKEY_free);
    CHECK_THROWS_AS(signing_key::from_pem(secret(pem_of(x25519.get()))), std::invalid_argument);
    std::string pem(signing_key::generate(algorithm::es256).to_pem().view());
    CHECK_THROWS_AS(signing_key::from_pem(secret("")), std::invalid_argument);
    CHECK_THROWS_AS(signing_key::from_pem(secret("garbage")), std::invalid_argument);
    CHECK_THROWS_AS(signing_key::from_pem(secret(pem.substr(0, pem.size() / 2))), std::invalid_argument);
    pem.replace(pem.find("BEGIN PRIVATE"), 13, "BEGIN ENCRYPTED PRIVATE");
    CHECK_THROWS_AS(signing_key::from_pem(secret(std::string_view(pem))), std::invalid_argument);
    CHECK_THROWS_AS(signing_key::generate(algorithm::hs256), std::invalid_argument);
    CHECK_THROWS_AS(signing_key::generate(algorithm::rs256), std::invalid_argument);
}

TEST_CASE("T12: a JWKS with a weak, malformed, private, duplicate or mixed key is refused as a whole") {
    const auto refused = [](const std::string& document, const std::string& why) {
        INFO(document.substr(0, 200));
        CHECK_THROWS_WITH(key_set::from_jwks(document), Contains(why));
        CHECK_THROWS_AS(key_set::from_jwks(document), std::invalid_argument);
    };
    const std::string x = ec_x, y = ec_y, zeros(43, 'A');
    const auto ec = [&](const std::string& a, const std::string& b, const std::string& more = "") {
        return R"({"kty":"EC","crv":"P-256","x":")" + a + R"(","y":")" + b + "\"" + more + "}";
    };
    CHECK(key_set::from_jwks(jwks(ec(x, y))).size() == 1);
    refused(jwks(ec(y, x)), "not on P-256");
    refused(jwks(ec(zeros, zeros)), "not on P-256");
    refused(jwks(ec(x.substr(0, 42), y)), "base64url");
    refused(jwks(ec("AA", y)), "32 bytes");
    refused(jwks(ec(x + "AA", y)), "");
    refused(jwks(ec(x, y, R"(,"d":"AAAA")")), "private member");
    refused(jwks(ec(x, y, R"(,"k":"AAAA")")), "private member");
    refused(jwks(ec(x, y, R"(,"alg":"HS256")")), "alg");
    refused(jwks(ec(x, y, R"(,"alg":"none")")), "alg");
    refused(jwks(ec(x, y, R"(,"use":"enc")")), "use");
    refused(jwks(ec(x, y, R"(,"key_ops":["sign"])")), "key_ops");
    refused(jwks(ec(x, y, R"(,"kid":5)")), "kid");
    refused(jwks(ec(x, y, R"(,"kid":"")")), "kid");
    refused(jwks(ec(x, y, R"(,"kid":")" + std::string(200, 'k') + "\"")), "kid");
    refused(jwks(ec_key + "," + ec_key), "one \"kid\"");
    refused(jwks(R"({"kty":"EC","crv":"P-384","x":"AA","y":"AA"})"), "P-256");
    refused(jwks(R"({"kty":"EC","x":"AA","y":"AA"})"), "crv");
    refused(jwks(R"({"kty":"DSA"})"), "key type");
    refused(jwks(R"({"crv":"P-256"})"), "kty");
    refused(jwks("5"), "object");
    // Ed25519: not canonical, not on the curve, small order (the identity, y = -1, y = 0, an order-8 point).
    const auto okp = [&](const std::string& bytes) {
        return jwks(R"({"kty":"OKP","crv":"Ed25519","x":")" + base64url::encode(bytes) + "\"}");
    };
    std::string one(32, '\0');
    one[0] = 1;
    std::string minus_one(32, '\xff');
    minus_one[0] = '\xec';
    minus_one[31] = '\x7f';
    std::string two(32, '\0');
    two[0] = 2;
    refused(okp(one), "small order");
    refused(okp(minus_one), "small order");
    refused(okp(std::string(32, '\0')), "small order");
    refused(okp("\x26\xe8\x95\x8f\xc2\xb2\x27\xb0\x45\xc3\xf4\x89\xf2\xef\x98\xf0\xd5\xdf\xac\x05\xd3\xc6\x33\x39\xb1"
                "\x38\x02\x88\x6d\x53\xfc\x05"),
            "small order");
    refused(okp(std::string(32, '\xff')), "curve");
    refused(okp(two), "curve");
    refused(okp(std::string(31, 'x')), "32 bytes");
    refused(jwks(R"({"kty":"OKP","crv":"X25519","x":"AA"})"), "Ed25519");
    // RSA: too short, exponent 1, even numbers, leading zeros.
    const auto rsa = [&](const std::string& n, const std::string& e) {
        return jwks(R"({"kty":"RSA","n":")" + base64url::encode(n) + R"(","e":")" + base64url::encode(e) + "\"}");
    };
    const std::string big(256, '\xff'), f4("\x01\x00\x01", 3);
    CHECK(key_set::from_jwks(rsa(big, f4)).size() == 1);
    refused(rsa(std::string(128, '\xff'), f4), "2048");
    refused(rsa(std::string(1100, '\xff'), f4), "8192");
    refused(rsa(big, "\x01"), "exponent");
    refused(rsa(big, "\x04"), "exponent");
    refused(rsa(big, std::string(9, '\xff')), "exponent");
    refused(rsa(std::string(1, '\0') + big, f4), "leading zeros");
    refused(rsa(big.substr(1) + "\xfe", f4), "even");
    // Secrets.
    const auto oct = [&](std::size_t size) {
        return R"({"kty":"oct","k":")" + base64url::encode(std::string(size, 's')) + "\"}";
    };
    CHECK(key_set::from_jwks(jwks(oct(32))).size() == 1);
    refused(jwks(oct(31)), "32 bytes");
    refused(jwks(oct(32) + "," + ec_key), "mixed");
    refused(jwks(ec_key + "," + oct(32)), "mixed");
    // The document.
    refused("", "");
    refused("[]", "array");
    refused("{}", "array");
    refused(R"({"keys":{}})", "array");
    refused(jwks(""), "1 to 64");
    refused(jwks(ec_key) + "x", "JSON");
    refused(R"({"keys":[],"keys":[]})", "more than once");
    refused(jwks(R"({"kty":"EC","kty":"oct"})"), "more than once");
    refused(jwks(ec_key) + std::string(70'000, ' '), "too large");
}

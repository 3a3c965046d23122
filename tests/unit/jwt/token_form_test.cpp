// Tokens: algorithms, keys, parts, encoding, JSON.
#include "unit/jwt/token_support.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <catch2/catch.hpp>

#include <memory>

using namespace mita;
using namespace mita::jwt;
using namespace mita::jwt::test;

TEST_CASE("T1: the algorithm comes from the key: MACs with public key bytes and swaps are refused") {
    judging f;
    const std::string text = R"({"alg":"HS256","typ":"at+jwt","kid":")" + f.key.kid() + "\"}";
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pkey(
        [&] {
            const std::string pem(f.key.to_pem().view());
            const std::unique_ptr<BIO, decltype(&BIO_free_all)> in(
                BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free_all);
            return PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr);
        }(),
        &EVP_PKEY_free);
    unsigned char* der = nullptr;
    const int der_size = i2d_PUBKEY(pkey.get(), &der);
    const std::string der_bytes(reinterpret_cast<char*>(der), static_cast<std::size_t>(der_size));
    OPENSSL_free(der);
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(BIO_new(BIO_s_mem()), &BIO_free_all);
    PEM_write_bio_PUBKEY(out.get(), pkey.get());
    char* pem = nullptr;
    const long pem_size = BIO_get_mem_data(out.get(), &pem);
    for (const std::string& bytes : {der_bytes, std::string(pem, static_cast<std::size_t>(pem_size)),
                                     f.key.public_jwk(), std::string(), f.key.kid()})
        CHECK(f.see(maced_with(bytes, text, payload())) == verdict::unsupported);
    for (const char* alg : {"RS256", "EdDSA", "HS256", "PS256", "ES384", "HS512", "es256", "ES256 ", ""}) {
        INFO(alg);
        CHECK(f.header_with(R"({"alg":")" + std::string(alg) + R"(","typ":"at+jwt","kid":")" + f.key.kid() + "\"}") ==
              verdict::unsupported);
    }
    // An oct set takes HS256 and nothing else.
    const std::string secret_bytes(32, 's');
    const auto oct = key_set::from_jwks(R"({"keys":[{"kty":"oct","kid":"h","k":")" + b64(secret_bytes) + "\"}]}");
    const std::string hs = R"({"alg":"HS256","typ":"at+jwt","kid":"h"})";
    CHECK(verify(maced_with(secret_bytes, hs, payload()), oct, rules(), t0).result == verdict::ok);
    CHECK(verify(maced_with(secret_bytes + "x", hs, payload()), oct, rules(), t0).result == verdict::bad_signature);
    CHECK(
        verify(signed_with(f.key, R"({"alg":"ES256","typ":"at+jwt","kid":"h"})", payload()), oct, rules(), t0).result ==
        verdict::unsupported);
    auto truncated = maced_with(secret_bytes, hs, payload());
    truncated = truncated.substr(0, truncated.rfind('.') + 1 + 22);  // 16 bytes
    CHECK(verify(truncated, oct, rules(), t0).result != verdict::ok);
}

TEST_CASE("T2: alg none in any case, and empty or missing signatures, are refused") {
    judging f;
    for (const char* alg : {"none", "None", "NONE", "nOnE"}) {
        const auto head = b64(R"({"alg":")" + std::string(alg) + R"(","typ":"at+jwt","kid":")" + f.key.kid() + "\"}");
        CHECK(f.see(head + "." + b64(payload()) + ".") == verdict::malformed);
        CHECK(f.see(head + "." + b64(payload())) == verdict::malformed);
        CHECK(f.see(head + "." + b64(payload()) + ".AA") == verdict::unsupported);
    }
    const auto good = signed_with(f.key, header(f.key), payload());
    CHECK(f.see(good) == verdict::ok);
    CHECK(f.see(good.substr(0, good.rfind('.'))) == verdict::malformed);
    CHECK(f.see(good.substr(0, good.rfind('.') + 1)) == verdict::malformed);
    CHECK(f.see(good.substr(0, good.rfind('.') + 1) + b64(std::string(64, '\0'))) == verdict::bad_signature);
}

TEST_CASE("T3, T5: jku, x5u, x5c, jwk, crit, b64, zip and enc in a header are refused") {
    judging f;
    CHECK(f.header_with(header(f.key)) == verdict::ok);
    CHECK(f.header_with(header(f.key, R"(,"x-other":1)")) == verdict::ok);
    for (const char* extra :
         {R"(,"jku":"http://127.0.0.1/jwks")", R"(,"x5u":"http://127.0.0.1/x")", R"(,"x5c":["AA"])",
          R"(,"jwk":{"kty":"EC"})", R"(,"crit":["b64"])", R"(,"crit":["exp"])", R"(,"crit":[])", R"(,"crit":"exp")",
          R"(,"crit":null)", R"(,"b64":false)", R"(,"b64":true)", R"(,"zip":"DEF")", R"(,"enc":"A256GCM")"}) {
        INFO(extra);
        CHECK(f.header_with(header(f.key, extra)) == verdict::unsupported);
    }
    // CVE-2018-0114: a token signed by the key it carries.
    const auto own = signing_key::generate(algorithm::es256);
    CHECK(f.see(signed_with(
              own, R"({"alg":"ES256","typ":"at+jwt","kid":")" + f.key.kid() + R"(","jwk":)" + own.public_jwk() + "}",
              payload())) == verdict::unsupported);
    CHECK(f.see(signed_with(own, header(f.key), payload())) == verdict::bad_signature);
}

TEST_CASE("T4: kid is a bounded index into the set; unknown, odd, long or missing ones never fall back") {
    judging f;
    const auto kid = [&](const std::string& json) {
        return f.header_with(R"({"alg":"ES256","typ":"at+jwt","kid":)" + json + "}");
    };
    CHECK(kid("\"" + f.key.kid() + "\"") == verdict::ok);
    for (const char* unknown : {R"("../../dev/null")", R"("' OR 1=1 --")", R"("|sleep 10")", R"("x")"})
        CHECK(kid(unknown) == verdict::unknown_key);
    CHECK(kid("\"" + f.key.kid() + " \"") == verdict::unknown_key);
    for (const char* malformed : {R"("")", "5", "null", "[]", "{}", "true"})
        CHECK(kid(malformed) == verdict::malformed);
    CHECK(kid("\"" + std::string(129, 'k') + "\"") == verdict::malformed);
    CHECK(kid("\"" + std::string(10'000, 'k') + "\"") == verdict::malformed);
    CHECK(f.header_with(R"({"alg":"ES256","typ":"at+jwt"})") == verdict::malformed);
    CHECK(verify(signed_with(f.key, header(f.key), payload()), key_set(), rules(), t0).result == verdict::unknown_key);
}

TEST_CASE("T5: five parts, JSON serialization and mixes of both are refused") {
    judging f;
    const auto good = signed_with(f.key, header(f.key), payload());
    CHECK(f.see(good + ".AA.AA") == verdict::malformed);
    CHECK(f.see("a.b.c.d.e") == verdict::malformed);
    const auto dot = good.find('.'), last = good.rfind('.');
    const std::string json = R"({"protected":")" + good.substr(0, dot) + R"(","payload":")" +
                             good.substr(dot + 1, last - dot - 1) + R"(","signature":")" + good.substr(last + 1) +
                             "\"}";
    CHECK(f.see(json) == verdict::malformed);
    CHECK(f.see(R"({"  )" + good.substr(0, dot) + R"(.":1})" + good.substr(dot)) == verdict::malformed);
}

TEST_CASE("T6: every part is strict base64url: padding, white space, + and /, trailing bits, other bytes") {
    judging f;
    const auto good = signed_with(f.key, header(f.key), payload());
    const auto dot = good.find('.'), last = good.rfind('.');
    for (const std::size_t at : {dot, last, good.size()}) {
        for (const char* junk : {"=", "==", " ", "\n", "?", "+", "/", "\t", "%3d"}) {
            auto changed = good;
            changed.insert(at, junk);
            CHECK(f.see(changed) == verdict::malformed);
        }
        auto front = good;
        front.insert(at == good.size() ? 0 : at + 1, " ");
        CHECK(f.see(front) == verdict::malformed);
    }
    // A 64-byte signature leaves four free bits in its last character: all but the zero spelling are refused.
    const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const auto value = digits.find(good.back());
    REQUIRE(value % 16 == 0);
    for (std::size_t bits = 1; bits < 16; ++bits) {
        auto changed = good;
        changed.back() = digits[value + bits];
        CHECK(f.see(changed) == verdict::malformed);
    }
}

TEST_CASE("T7: an ES256 signature in DER form, short, long or zero is refused in a token") {
    judging f;
    const auto good = signed_with(f.key, header(f.key), payload());
    const auto input = good.substr(0, good.rfind('.') + 1);
    const auto raw = *base64url::decode(good.substr(good.rfind('.') + 1));
    for (const auto& wrong :
         {std::string(64, '\0'), raw.substr(0, 63), raw + "x",
          std::string("\x30\x44\x02\x20") + raw.substr(0, 32) + "\x02\x20" + raw.substr(32), std::string(1024, 'x')})
        CHECK(f.see(input + b64(wrong)) == verdict::bad_signature);
    CHECK(f.see(input + b64(std::string(1025, 'x'))) == verdict::malformed);
}

TEST_CASE("T8: header and claims are strict JSON: duplicates, BOM, NaN, trailing bytes, depth, surrogates, NUL") {
    judging f;
    const std::string kid = f.key.kid();
    for (const std::string& text :
         {R"({"alg":"none","alg":"ES256","typ":"at+jwt","kid":")" + kid + "\"}",
          R"({"alg":"ES256","\u0061lg":"none","typ":"at+jwt","kid":")" + kid + "\"}", "\xef\xbb\xbf" + header(f.key),
          header(f.key) + "x", header(f.key) + header(f.key), header(f.key, R"(,"x":NaN)"),
          header(f.key, R"(,"x":"\ud800")"), header(f.key, R"(,"x":"\u0000")"), header(f.key, ",\"x\":\"\x01\""),
          header(f.key, ",\"x\":\"\xff\""), header(f.key, R"(,"x":[[[[[[[[[1]]]]]]]]])"),
          header(f.key, R"(,"x":{"a":1,"a":2})"), header(f.key, ","), std::string("[]"), std::string("\"ES256\""),
          std::string("null"), std::string("{}")}) {
        INFO(text);
        CHECK(f.header_with(text) == verdict::malformed);
    }
    const auto claims = [&](const std::string& text) { return f.see(signed_with(f.key, header(f.key), text)); };
    CHECK(claims(payload()) == verdict::ok);
    for (const std::string& text :
         {"\xef\xbb\xbf" + payload(), payload() + "x",
          payload("\"scope\"", R"("sub":"018f4e1c-0000-7000-8000-000000000009","scope")"),
          payload("\"scope\"", R"("x":{"a":1,"a":2},"scope")"),
          payload("\"scope\"", R"("x":[[[[[[[[1]]]]]]]],"scope")"), payload("\"scope\"", R"("x":"\udc00","scope")"),
          payload("\"scope\"", R"("x":"a\u0000b","scope")"), payload("\"scope\"", R"("x\u0000":"a","scope")"),
          payload("\"scope\"", R"("x":[{"y":"\u0000"}],"scope")"), payload("\"scope\"", "\"x\":\"\xc0\xaf\",\"scope\""),
          payload("\"scope\"", R"("x":Infinity,"scope")"), payload("\"scope\"", R"("x":01,"scope")"),
          payload("\"scope\"", R"(/**/"scope")"), payload("\"scope\"", R"('x':1,"scope")"), std::string("[]"),
          std::string("5"), payload().substr(1)}) {
        INFO(text);
        CHECK(claims(text) == verdict::malformed);
    }
    CHECK(claims(payload("\"scope\"", R"("x":[[[[[[[1]]]]]]],"scope")")) == verdict::ok);  // depth 8 exactly
    std::string many = "\"scope\"";
    for (int i = 0; i < 100; ++i) many.insert(0, "\"m" + std::to_string(i) + "\":1,");
    CHECK(claims(payload("\"scope\"", many)) == verdict::malformed);
}

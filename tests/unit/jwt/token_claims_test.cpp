// Tokens: their claims.
#include "unit/jwt/token_support.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace mita;
using namespace mita::jwt;
using namespace mita::jwt::test;

TEST_CASE("T10: typ separates kinds of token; none passes for another") {
    judging f;
    const auto c = good_claims();
    const std::vector<std::string> kinds = {"at+jwt",  "rt+jwt", "reset+jwt", "mail+jwt",          "mfa+jwt",
                                            "svc+jwt", "JWT",    "AT+JWT",    "application/at+jwt"};
    for (const auto& made : kinds)
        for (const auto& wanted : kinds) {
            auto p = rules();
            p.typ = wanted;
            const auto result = verify(issue(c, f.key, made), f.keys, p, t0).result;
            CHECK(result == (made == wanted ? verdict::ok : verdict::unsupported));
        }
    CHECK(f.header_with(R"({"alg":"ES256","kid":")" + f.key.kid() + "\"}") == verdict::malformed);
    CHECK(f.header_with(R"({"alg":"ES256","typ":1,"kid":")" + f.key.kid() + "\"}") == verdict::malformed);
}

TEST_CASE("T11: every required claim is there with its exact type") {
    judging f;
    const std::map<std::string, std::string> fragments = {{"iss", R"("iss":"https://mita.test",)"},
                                                          {"sub", R"("sub":"018f4e1c-0000-7000-8000-000000000001",)"},
                                                          {"aud", R"("aud":"mita-api",)"},
                                                          {"exp", R"("exp":1800000600,)"},
                                                          {"iat", R"("iat":1800000000,)"},
                                                          {"jti", R"("jti":"018f4e1c-0000-7000-8000-000000000002",)"},
                                                          {"sid", R"("sid":"018f4e1c-0000-7000-8000-000000000003",)"},
                                                          {"client_id", R"("client_id":"app",)"},
                                                          {"scope", R"("scope":"read",)"}};
    for (const auto& [name, fragment] : fragments) {
        INFO(name);
        CHECK(f.claims_with(fragment, "") == verdict::malformed);
        for (const char* wrong : {"null", "true", "[]", "{}", "-1", "1.5", "1e9", "1e400", "\"1e9\""}) {
            INFO(wrong);
            if (std::string(wrong) == "\"1e9\"" && (name == "client_id" || name == "scope")) continue;
            CHECK(f.claims_with(fragment, "\"" + name + "\":" + wrong + ",") != verdict::ok);
        }
    }
    CHECK(f.claims_with(R"("exp":1800000600)", R"("exp":1800000600.0)") == verdict::malformed);
    CHECK(f.claims_with(R"("exp":1800000600)", R"("exp":18000006e2)") == verdict::malformed);
    CHECK(f.claims_with(R"("exp":1800000600)", R"("exp":"1800000600")") == verdict::malformed);
    CHECK(f.claims_with(R"("exp":1800000600)", R"("exp":9223372036854775807)") == verdict::malformed);
    CHECK(f.claims_with(R"("exp":1800000600)", R"("exp":99999999999999999999)") == verdict::malformed);
    CHECK(f.claims_with(R"("exp":1800000600)", R"("exp":253402300799)") == verdict::lifetime_too_long);
    CHECK(f.claims_with(R"("auth_time":1800000000)", R"("auth_time":"x")") == verdict::malformed);
    CHECK(f.claims_with(R"("auth_time":1800000000)", R"("auth_time":1800000000,"amr":["pwd","otp","mfa"])") ==
          verdict::ok);
    CHECK(f.claims_with(R"("auth_time":1800000000)", R"("auth_time":1800000000,"amr":[])") == verdict::ok);
    CHECK(f.claims_with(R"("auth_time":1800000000)", R"("auth_time":1800000000,"amr":"pwd")") == verdict::malformed);
    CHECK(f.claims_with(R"("auth_time":1800000000)", R"("auth_time":1800000000,"amr":[1])") == verdict::malformed);
    CHECK(f.claims_with(R"("auth_time":1800000000)", R"("auth_time":1800000000,"amr":[""])") == verdict::malformed);
    CHECK(f.claims_with(R"("auth_time":1800000000)", R"("auth_time":1800000000,"amr":["a b"])") == verdict::malformed);
    CHECK(f.claims_with(R"("auth_time":1800000000)", R"("auth_time":1800000000,"amr":null)") == verdict::malformed);
    CHECK(f.claims_with(R"(,"auth_time":1800000000)", "") == verdict::ok);
    CHECK(f.claims_with(R"("scope")", R"("nbf":null,"scope")") == verdict::malformed);
    CHECK(f.claims_with(R"("sub":"018f4e1c-)", R"("sub":"018F4E1C-)") == verdict::ok);
    CHECK(f.claims_with(R"("sub":"018f4e1c-)", R"("sub":" 018f4e1c-)") == verdict::malformed);
    CHECK(f.claims_with(R"("sub":"018f4e1c-0000-7000-8000-000000000001")", R"("sub":"1 OR 1=1")") ==
          verdict::malformed);
    for (const char* unenforced :
         {R"("cnf":{"jkt":"x"},"scope")", R"("act":{"sub":"x"},"scope")", R"("may_act":{},"scope")"})
        CHECK(f.claims_with("\"scope\"", unenforced) == verdict::unsupported);
}

TEST_CASE("T11: lifetimes beyond policy, the future, the past and the skew") {
    judging f;
    const auto at = [&](std::int64_t now) { return f.see(signed_with(f.key, header(f.key), payload()), now); };
    CHECK(at(t0 - 31) == verdict::not_yet_valid);
    CHECK(at(t0 - 30) == verdict::ok);
    CHECK(at(t0 + 600) == verdict::ok);
    CHECK(at(t0 + 629) == verdict::ok);
    CHECK(at(t0 + 630) == verdict::expired);
    CHECK(at(t0 + 100'000) == verdict::expired);
    CHECK(f.claims_with(R"("exp":1800000600)", R"("exp":1800000900)") == verdict::ok);
    CHECK(f.claims_with(R"("exp":1800000600)", R"("exp":1800000901)") == verdict::lifetime_too_long);
    CHECK(f.claims_with(R"("exp":1800000600)", R"("exp":1800000000)") == verdict::lifetime_too_long);
    CHECK(f.claims_with(R"("exp":1800000600)", R"("exp":1799999999)") == verdict::lifetime_too_long);
    CHECK(f.claims_with("\"scope\"", R"("nbf":1800000031,"scope")", t0) == verdict::not_yet_valid);
    CHECK(f.claims_with("\"scope\"", R"("nbf":1800000030,"scope")", t0) == verdict::ok);
    CHECK(f.claims_with(R"("auth_time":1800000000)", R"("auth_time":1800000500)", t0) == verdict::not_yet_valid);
    auto p = rules();
    p.skew_s = 3600;  // more than 30 s is not given
    CHECK(verify(signed_with(f.key, header(f.key), payload()), f.keys, p, t0 + 630).result == verdict::expired);
    p.skew_s = 0;
    CHECK(verify(signed_with(f.key, header(f.key), payload()), f.keys, p, t0 + 600).result == verdict::expired);
    CHECK(verify(signed_with(f.key, header(f.key), payload()), f.keys, p, t0 - 1).result == verdict::not_yet_valid);
}

TEST_CASE("T11: issuer and audience are exact: no prefix, case, slash, array or substring (CVE-2024-53861)") {
    judging f;
    for (const char* iss :
         {"https://mita.tes", "https://mita.test/", "HTTPS://mita.test", "https://mita.test.evil", "mita", ""})
        CHECK(f.claims_with(R"("iss":"https://mita.test")", R"("iss":")" + std::string(iss) + "\"") ==
              verdict::wrong_issuer);
    for (const char* aud : {"mita-ap", "mita-api ", "MITA-API", "mita-apis", "api", ""})
        CHECK(f.claims_with(R"("aud":"mita-api")", R"("aud":")" + std::string(aud) + "\"") == verdict::wrong_audience);
    for (const char* aud : {R"(["mita-api"])", R"(["other","mita-api"])", "[]"})
        CHECK(f.claims_with(R"("aud":"mita-api")", R"("aud":)" + std::string(aud)) == verdict::malformed);
}

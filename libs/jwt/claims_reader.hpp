// The JSON parts of a token, read strictly and without exceptions (T3, T5, T8, T11). Internal to libs/jwt: verify()
// uses it.
#pragma once

#include "jwt/token.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace mita::jwt {

struct token_header {
    std::string alg, kid, typ;
};

// malformed: not strict JSON, or a member missing or of the wrong type. unsupported: a member that changes what is
// verified or where keys come from.
verdict read_header(std::string_view json, token_header& out);

// Fills `out` but for kid. malformed: not strict JSON, or a claim missing or of the wrong type; unsupported: a claim
// this verifier would have to enforce and does not (cnf, act, may_act).
verdict read_claims(std::string_view json, claims& out);

}  // namespace mita::jwt

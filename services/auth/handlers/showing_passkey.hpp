// A passkey that is shown, judged up to what only the database can say (its counter). Used by the handlers that let
// people in.
#pragma once

#include "auth/app.hpp"
#include "auth/passkeys/body.hpp"
#include "auth/webauthn/challenge.hpp"
#include "http/message.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace mita::auth {

// Whose passkeys are taken here; throws 404 when they are off.
const relying_party& party(app& a);

struct held_passkey {
    uuid whose;
    std::string credential_id;
    std::int64_t counter = 0;
};
// The challenge is used up by it. nullopt: no good, why is in the log and the trail. whom: as in passkey_challenges;
// a second factor must be this person's.
awaitable<std::optional<held_passkey>> read_passkey(http::request& req, app& a, const shown_credential& in,
                                                    challenge_for what, uuid whom);

// 401 invalid_passkey: one answer for every reason.
[[noreturn]] void refuse_passkey(app& a);

}  // namespace mita::auth

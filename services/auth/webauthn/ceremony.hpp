// The two ceremonies of WebAuthn (W3C, level 3): what a browser brings when a passkey is made (7.1) and when one is
// shown (7.2), judged step by step. Attestation is not asked for ("none"): a passkey says who, not of what make it is.
// Strangers feed it: no exceptions. Challenges are the caller's (challenge.hpp). Used by handlers. Pure.
#pragma once

#include "auth/webauthn/public_key.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mita::auth {

// Whose passkeys these are: the domain they are bound to, and the exact origins pages may have.
struct relying_party {
    std::string id;
    std::vector<std::string> origins;
};

// Why a ceremony failed, for the log; the client gets one answer for all of them.
enum class fault {
    none,
    client_data,    // no JSON object, or a member missing
    type,           // of the other ceremony
    origin,         // not one of ours, or in a frame of another
    attestation,    // no such CBOR, another format than none
    authenticator,  // authenticator data is malformed
    rp_id,          // another domain's
    presence,       // nobody touched it
    verification,   // nobody was recognised, where that is asked for
    backup,         // says it is backed up and cannot be
    credential_id,  // none, too long, or another than was named
    key,            // of another algorithm, or not acceptable
    signature,
};
std::string_view name(fault f);

// What both bring, decoded: bytes, not base64url.
struct client_data {
    std::string challenge;  // as base64url text
    fault wrong = fault::none;
};
// type: "webauthn.create" or "webauthn.get".
client_data read_client_data(std::string_view json, std::string_view type, const relying_party& rp);

struct made_passkey {
    fault wrong = fault::none;
    std::string credential_id, public_key;  // the key as COSE
    std::uint32_t counter = 0;
    bool backed_up = false;
};
// id: what the browser says it is called. A made one is always recognised by more than a touch.
made_passkey judge_made(std::string_view id, std::string_view attestation_object, const relying_party& rp);

struct shown_passkey {
    fault wrong = fault::none;
    std::uint32_t counter = 0;
    bool verified = false;  // the person was recognised by it (PIN, finger, face)
};
shown_passkey judge_shown(std::string_view public_key, std::string_view authenticator_data,
                          std::string_view client_data_json, std::string_view signature, const relying_party& rp,
                          bool verified_needed);

}  // namespace mita::auth

#include "auth/passkeys/passkey_json.hpp"

#include "auth/people/user_json.hpp"
#include "auth/webauthn/challenge.hpp"
#include "core/base64url.hpp"
#include "core/clock.hpp"
#include "core/json_reader.hpp"

namespace mita::auth {

namespace {

std::string lifetime_ms() { return std::to_string(std::chrono::milliseconds(passkey_challenges::lifetime).count()); }

std::string bytes_of(const uuid& id) {
    return std::string(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
}

void append_words(std::string& out, std::string_view words) {
    out += '[';
    while (!words.empty()) {
        if (out.back() != '[') out += ',';
        const auto end = words.find(' ');
        append_json_string(out, words.substr(0, end));
        words.remove_prefix(end == std::string_view::npos ? words.size() : end + 1);
    }
    out += ']';
}

void append_descriptors(std::string& out, std::span<const passkey> of) {
    out += '[';
    for (const auto& p : of) {
        if (&p != &of.front()) out += ',';
        out += R"({"type":"public-key")";
        member(out, "id", base64url::encode(p.credential_id));
        if (!p.transports.empty()) {
            out += ",\"transports\":";
            append_words(out, p.transports);
        }
        out += '}';
    }
    out += ']';
}

}  // namespace

std::string creation_options(const relying_party& rp, const user& whose, std::string_view challenge,
                             std::span<const passkey> held) {
    std::string out = "{\"rp\":{";
    member(out, "id", rp.id, true);
    member(out, "name", "MITA");
    out += "},\"user\":{";
    member(out, "id", base64url::encode(bytes_of(whose.id)), true);
    member(out, "name", whose.email);
    member(out, "displayName", whose.display_name.empty() ? whose.email : whose.display_name);
    out += '}';
    member(out, "challenge", challenge);
    out += R"(,"pubKeyCredParams":[{"type":"public-key","alg":-7},{"type":"public-key","alg":-8},)"
           R"({"type":"public-key","alg":-257}],"timeout":)" +
           lifetime_ms() + ",\"excludeCredentials\":";
    append_descriptors(out, held);
    return out + R"(,"authenticatorSelection":{"residentKey":"required","requireResidentKey":true,)"
                 R"("userVerification":"required"},"attestation":"none","extensions":{"credProps":true}})";
}

std::string request_options(const relying_party& rp, std::string_view challenge, std::span<const passkey> allowed,
                            bool verified_needed) {
    std::string out = "{";
    member(out, "challenge", challenge, true);
    member(out, "rpId", rp.id);
    out += ",\"timeout\":" + lifetime_ms() + ",\"allowCredentials\":";
    append_descriptors(out, allowed);
    member(out, "userVerification", verified_needed ? "required" : "preferred");
    return out += '}';
}

std::string to_json(const passkey& p) {
    std::string out = "{";
    member(out, "id", p.id.str(), true);
    member(out, "name", p.name);
    out += ",\"transports\":";
    append_words(out, p.transports);
    out += p.backed_up ? ",\"backed_up\":true" : ",\"backed_up\":false";
    member(out, "created_at", wall::format(p.created_at));
    if (p.last_used_at) {
        member(out, "last_used_at", wall::format(*p.last_used_at));
        return out += '}';
    }
    return out += ",\"last_used_at\":null}";
}

std::string to_json(const http::page<passkey>& page) {
    std::string out = "{\"data\":[";
    for (const auto& p : page.items) {
        if (&p != &page.items.front()) out += ',';
        out += to_json(p);
    }
    out += "],\"next_cursor\":";
    if (page.next)
        append_json_string(out, *page.next);
    else
        out += "null";
    return out += '}';
}

std::string place_of_passkey(const passkey& p) { return bytes_of(p.id); }

}  // namespace mita::auth

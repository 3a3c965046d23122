#include "auth/passkeys/body.hpp"

#include "auth/people/body.hpp"
#include "core/base64url.hpp"
#include "core/json_reader.hpp"
#include "core/text.hpp"

#include <boost/json/object.hpp>

#include <utility>

namespace mita::auth {

namespace {

constexpr std::size_t longest_id = 1364, longest_part = 24'000, longest_name = 100, most_transports = 10,
                      longest_transport = 30;

std::string bytes_of(json_object& in, std::string_view name, std::size_t most) {
    const auto text = in.string(name, 1, most);
    auto raw = base64url::decode(text);
    if (!raw) in.fail(name, "invalid_value", "Base64url without padding is wanted.");
    return std::move(raw).value_or("");
}

// Members that nobody here asks for may be there.
void let_be(json_object& o, const boost::json::value* raw) {
    if (raw == nullptr || !raw->is_object()) return;
    for (const auto& member : raw->get_object()) o.ignore(member.key());
}

// The credential and, in `response`, its inner part, as far as every ceremony has them.
struct outer {
    json_object credential, response;
    std::string id;
};
outer read_outer(json_object& in, std::string_view member) {
    auto credential = in.object(member);
    let_be(credential, in.raw(member));
    auto id = bytes_of(credential, "id", longest_id);
    const auto raw_id = bytes_of(credential, "rawId", longest_id);
    if (id != raw_id) credential.fail("rawId", "invalid_value", "It is not what id says.");
    const auto type = credential.string("type", 1, longest_name);
    if (!type.empty() && type != "public-key") credential.fail("type", "invalid_value", "public-key is wanted.");
    auto response = credential.object("response");
    let_be(response, credential.raw("response"));
    return outer{credential, response, std::move(id)};
}

std::string name_of(json_object& in, std::string_view member) {
    auto name = in.optional_string(member, 0, longest_name).value_or("");
    if (text::has_hidden(name)) in.fail(member, "invalid_characters", hidden_characters);
    return name;
}

std::string transports_of(json_object& response) {
    std::string out;
    for (const auto& one : response.strings("transports", most_transports, longest_transport)) {
        if (one.empty() || one.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") != std::string::npos) continue;
        if (!out.empty()) out += ' ';
        out += one;
    }
    return out;
}

}  // namespace

static shown_credential read_shown(json_object& in, std::string_view member) {
    auto [credential, response, id] = read_outer(in, member);
    shown_credential out;
    out.id = std::move(id);
    out.client_data = bytes_of(response, "clientDataJSON", longest_part);
    out.authenticator_data = bytes_of(response, "authenticatorData", longest_part);
    out.signature = bytes_of(response, "signature", longest_part);
    const auto handle = response.optional_string("userHandle", 0, longest_id);
    if (handle && !handle->empty()) {
        out.user_handle = base64url::decode(*handle);
        if (!out.user_handle) response.fail("userHandle", "invalid_value", "Base64url without padding is wanted.");
    }
    return out;
}

mfa_verify_request::mfa_verify_request(std::string_view body) {
    constexpr std::size_t longest_token = 200, longest_code = 100;
    json_document doc(body);
    auto in = doc.object();
    mfa_token = secret(in.string("mfa_token", 1, longest_token));
    if (!in.has("credential")) {
        code = secret(in.string("code", 1, longest_code));
    } else {
        shown = read_shown(in, "credential");
        if (in.has("code")) in.fail("code", "ambiguous", "Either a code or a credential.");
    }
    doc.finish();
}

passkey_request::passkey_request(std::string_view body) {
    json_document doc(body);
    auto in = doc.object();
    auto [credential, response, id] = read_outer(in, "credential");
    made.id = std::move(id);
    made.client_data = bytes_of(response, "clientDataJSON", longest_part);
    made.attestation_object = bytes_of(response, "attestationObject", longest_part);
    made.transports = transports_of(response);
    name = name_of(in, "name");
    doc.finish();
}

passkey_login_request::passkey_login_request(std::string_view body) {
    json_document doc(body);
    auto in = doc.object();
    shown = read_shown(in, "credential");
    device_name = name_of(in, "device_name");
    doc.finish();
}

}  // namespace mita::auth

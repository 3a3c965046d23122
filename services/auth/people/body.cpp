#include "auth/people/body.hpp"

#include "auth/people/address.hpp"
#include "auth/people/password_rules.hpp"
#include "core/json_reader.hpp"
#include "core/text.hpp"

#include <utility>

namespace mita::auth {

namespace {

constexpr std::size_t max_email = 254;  // octets (RFC 5321 4.5.3.1)
constexpr std::size_t max_name = 100, max_token = 200;

// A password as it is hashed (P6): composed, whatever keyboard it was typed on. What was read is wiped.
secret password_of(json_object& in, std::size_t min, const char* member = "password") {
    const secret typed(in.any_string(member, min, max_password));
    return secret(text::nfc(typed.view()).value_or(""));  // a document is UTF-8
}

// One that is compared, not chosen.
secret known_password(json_object& in, const char* member = "password") {
    auto out = password_of(in, 1, member);
    if (out.view().size() > hashing_limit) in.fail(member, "too_long", "At most 512 bytes.");
    return out;
}

std::string address_of(json_object& in, const char* member) {
    auto out = in.string(member, 3, max_email);
    if (!out.empty() && !canonical_address(out)) in.fail(member, "invalid_email", "This is not an e-mail address.");
    return out;
}

secret token_of(json_object& in) { return secret(in.string("token", 1, max_token)); }

// P0: a name shows all that it holds.
std::string name_of(json_object& in, const char* member) {
    auto name = in.optional_string(member, 0, max_name).value_or("");
    if (text::has_hidden(name)) in.fail(member, "invalid_characters", hidden_characters);
    return name;
}

}  // namespace

register_request::register_request(std::string_view body, std::size_t least_password) {
    json_document doc(body);
    auto in = doc.object();
    email = address_of(in, "email");
    password = password_of(in, min_password);
    if (!password.empty()) {
        const auto fault = password_fault(password.view(), email, least_password);
        if (fault) in.fail("password", fault->code, fault->detail);
    }
    display_name = name_of(in, "display_name");
    invitation = secret(in.optional_string("invitation", 1, max_token).value_or(""));
    doc.finish();
}

login_request::login_request(std::string_view body) {
    json_document doc(body);
    auto in = doc.object();
    email = in.string("email", 1, max_email);
    password = known_password(in);
    device_name = name_of(in, "device_name");
    doc.finish();
}

password_request::password_request(std::string_view body) {
    json_document doc(body);
    auto in = doc.object();
    password = known_password(in);
    doc.finish();
}

password_change_request::password_change_request(std::string_view body) {
    json_document doc(body);
    auto in = doc.object();
    current_password = known_password(in, "current_password");
    new_password = password_of(in, min_password, "new_password");
    doc.finish();
}

one_time_request::one_time_request(std::string_view body) {
    json_document doc(body);
    auto in = doc.object();
    token = token_of(in);
    doc.finish();
}

password_reset_request::password_reset_request(std::string_view body) {
    json_document doc(body);
    auto in = doc.object();
    token = token_of(in);
    new_password = password_of(in, min_password, "new_password");
    doc.finish();
}

account_deletion::account_deletion(std::string_view body) {
    json_document doc(body);
    auto in = doc.object();
    password = known_password(in);
    doc.finish();
}

address_request::address_request(std::string_view body) {
    json_document doc(body);
    auto in = doc.object();
    email = address_of(in, "email");
    doc.finish();
}

email_change_request::email_change_request(std::string_view body) {
    json_document doc(body);
    auto in = doc.object();
    new_email = address_of(in, "new_email");
    password = known_password(in);
    doc.finish();
}

}  // namespace mita::auth

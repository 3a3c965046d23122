#include "auth/people/body.hpp"

#include "auth/people/address.hpp"
#include "auth/people/password_rules.hpp"
#include "core/json_reader.hpp"
#include "core/text.hpp"

#include <utility>

namespace mita::auth {

namespace {

constexpr std::size_t max_email = 254;  // octets (RFC 5321 4.5.3.1)
constexpr std::size_t max_name = 100;

// A password as it is hashed (P6): composed, whatever keyboard it was typed on. What was read is wiped.
secret password_of(json_object& in, std::size_t min) {
    const secret typed(in.any_string("password", min, max_password));
    return secret(text::nfc(typed.view()).value_or(""));  // a document is UTF-8
}

// P0: a name shows all that it holds.
std::string name_of(json_object& in, const char* member) {
    auto name = in.optional_string(member, 0, max_name).value_or("");
    if (text::has_hidden(name)) in.fail(member, "invalid_characters", hidden_characters);
    return name;
}

}  // namespace

register_request::register_request(std::string_view body) {
    json_document doc(body);
    auto in = doc.object();
    email = in.string("email", 3, max_email);
    if (!email.empty() && !canonical_address(email))
        in.fail("email", "invalid_email", "This is not an e-mail address.");
    password = password_of(in, min_password);
    if (!password.empty()) {
        const auto fault = password_fault(password.view(), email);
        if (fault) in.fail("password", fault->code, fault->detail);
    }
    display_name = name_of(in, "display_name");
    doc.finish();
}

login_request::login_request(std::string_view body) {
    json_document doc(body);
    auto in = doc.object();
    email = in.string("email", 1, max_email);
    password = password_of(in, 1);
    if (password.view().size() > hashing_limit) in.fail("password", "too_long", "At most 512 bytes.");
    device_name = name_of(in, "device_name");
    doc.finish();
}

}  // namespace mita::auth

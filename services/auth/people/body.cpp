#include "auth/people/body.hpp"

#include "auth/people/password_rules.hpp"
#include "auth/people/text.hpp"
#include "core/json_reader.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <utility>

namespace mita::auth {

namespace {

constexpr std::size_t max_email = 254;  // octets, of an address as of each part below (RFC 5321 4.5.3.1)
constexpr std::size_t max_local = 64, max_label = 63;

bool plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           static_cast<unsigned char>(c) >= 0x80;
}
bool local_character(char c) {
    return plain(c) || std::string_view("!#$%&'*+/=?^_`{|}~-").find(c) != std::string_view::npos;
}
bool domain_character(char c) { return plain(c) || c == '-'; }

// Parts of 1..max characters with single dots between.
template <class Good>
bool dotted(std::string_view text, std::size_t max, Good good) {
    for (;;) {
        const auto dot = text.find('.');
        const auto part = text.substr(0, dot);
        if (part.empty() || part.size() > max || !std::all_of(part.begin(), part.end(), good)) return false;
        if (dot == std::string_view::npos) return true;
        text.remove_prefix(dot + 1);
    }
}

// A Mailbox of RFC 5321 with a dot-string and a domain, beyond ASCII by RFC 6531: no quoted local part, no address
// literal. Whether it works, a mail shows.
bool plausible_email(std::string_view e) {
    const auto at = e.find('@');  // npos is beyond any length
    if (at > max_local || e.size() > max_email || !visible(e)) return false;
    const auto domain = e.substr(at + 1);
    const bool hyphen_at_an_edge = domain.starts_with('-') || domain.ends_with('-') ||
                                   domain.find("-.") != std::string_view::npos ||
                                   domain.find(".-") != std::string_view::npos;
    return !hyphen_at_an_edge && dotted(e.substr(0, at), max_local, local_character) &&
           dotted(domain, max_label, domain_character);
}

// A password as it is hashed (P6): composed, whatever keyboard it was typed on.
std::string password_of(json_object& in, std::size_t min) {
    return text::nfc(in.any_string("password", min, max_password)).value_or("");  // a document is UTF-8
}

}  // namespace

register_request::register_request(std::string_view body) {
    json_document doc(body);
    auto in = doc.object();
    email = in.string("email", 3, max_email);
    if (!email.empty() && !plausible_email(email)) in.fail("email", "invalid_email", "This is not an e-mail address.");
    auto given = password_of(in, min_password);
    if (!given.empty()) {
        const auto fault = password_fault(given, email);
        if (fault) in.fail("password", fault->code, fault->detail);
    }
    display_name = in.optional_string("display_name", 0, 100).value_or("");
    doc.finish();
    password = secret(std::move(given));
}

login_request::login_request(std::string_view body) {
    json_document doc(body);
    auto in = doc.object();
    email = in.string("email", 1, max_email);
    auto given = password_of(in, 1);
    if (given.size() > hashing_limit) in.fail("password", "too_long", "At most 512 bytes.");
    device_name = in.optional_string("device_name", 0, 100).value_or("");
    doc.finish();
    password = secret(std::move(given));
}

}  // namespace mita::auth

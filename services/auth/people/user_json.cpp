#include "auth/people/user_json.hpp"

#include "core/clock.hpp"
#include "core/json_reader.hpp"

namespace mita::auth {

void member(std::string& out, const char* name, std::string_view value, bool first) {
    if (!first) out += ',';
    out += '"';
    out += name;
    out += "\":";
    append_json_string(out, value);
}

std::string to_json(const user& u) {
    std::string out = "{";
    member(out, "id", u.id.str(), true);
    member(out, "email", u.email);
    member(out, "display_name", u.display_name);
    out += u.email_verified_at ? ",\"email_verified\":true" : ",\"email_verified\":false";
    member(out, "created_at", wall::format(u.created_at));
    return out += '}';
}

std::string internal_json(const user& u) {
    std::string out = to_json(u);
    out.pop_back();
    member(out, "role", u.role);
    member(out, "status", u.status);
    return out += '}';
}

}  // namespace mita::auth

#include "auth/factors/body.hpp"

#include "core/json_reader.hpp"

#include <string>
#include <utility>

namespace mita::auth {

namespace {

constexpr std::size_t max_code = 100;

}  // namespace

totp_confirm_request::totp_confirm_request(std::string_view body) {
    json_document doc(body);
    auto in = doc.object();
    code = secret(in.string("code", 1, max_code));
    doc.finish();
}

void refuse_body(std::string_view body) {
    if (body.empty()) return;
    json_document doc(body);
    doc.object();
    doc.finish();
}

secret bare_code(std::string_view typed) {
    std::string out;
    for (const char c : typed)
        if (c != ' ' && c != '-') out += c;
    return secret(std::move(out));
}

}  // namespace mita::auth

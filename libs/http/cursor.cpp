#include "http/cursor.hpp"

#include "core/base64url.hpp"
#include "core/mac.hpp"

namespace mita::http {

namespace {

constexpr char version = 2;
constexpr std::size_t mac_size = 18;

// The scope's length goes first: no other scope and place make the same message.
std::string mac_of(const secret& key, std::string_view scope, std::string_view body) {
    std::string message = std::to_string(scope.size());
    message.append(1, ' ').append(scope).append(body);
    return hmac_sha256(key, message).substr(0, mac_size);
}

}  // namespace

std::string cursor_scope(std::string_view list, const uuid& user, std::string_view filter) {
    std::string out(list);
    out.append(1, '\n').append(reinterpret_cast<const char*>(user.bytes.data()), user.bytes.size()).append(filter);
    return out;
}

cursor_seal::cursor_seal(const secret& key) : key_(hmac_sha256(key, "mita list cursor")) {}

std::string cursor_seal::seal(std::string_view place, std::string_view scope) const {
    std::string body(1, version);
    body += place;
    return base64url::encode(body + mac_of(key_, scope, body));
}

std::string cursor_seal::open(std::string_view cursor, std::string_view scope) const {
    const auto bytes = base64url::decode(cursor);
    if (!bytes || bytes->size() < 1 + mac_size || bytes->front() != version) throw wrong_cursor();
    const auto body = std::string_view(*bytes).substr(0, bytes->size() - mac_size);
    if (!same_bytes(mac_of(key_, scope, body), std::string_view(*bytes).substr(body.size()))) throw wrong_cursor();
    return std::string(body.substr(1));
}

api_error wrong_cursor() {
    return {400, "invalid_cursor", "The cursor is not one of this list, with this filter, for this person."};
}

}  // namespace mita::http

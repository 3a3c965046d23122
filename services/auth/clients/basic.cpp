#include "auth/clients/basic.hpp"

#include "http/message.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstddef>
#include <utility>

namespace mita::auth {

namespace {

constexpr std::size_t longest = 1'024;

// Padded base64 (RFC 4648 4), as a whole or not at all.
std::optional<std::string> decoded(std::string_view text) {
    if (text.empty() || text.size() % 4 != 0 || text.size() > longest) return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && text[text.size() - 1 - padding] == '=') ++padding;
    if (text.substr(0, text.size() - padding).find('=') != std::string_view::npos) return std::nullopt;
    std::string out(text.size() / 4 * 3, '\0');
    const int n = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                  reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    if (n < 0) return std::nullopt;
    out.resize(static_cast<std::size_t>(n) - padding);
    return out;
}

}  // namespace

std::optional<basic_credentials> read_basic(std::string_view authorization) {
    const auto space = authorization.find(' ');
    if (space == std::string_view::npos || !http::iequals(authorization.substr(0, space), "Basic")) return std::nullopt;
    auto text = decoded(authorization.substr(space + 1));
    if (!text) return std::nullopt;
    std::optional<basic_credentials> out;
    const auto colon = text->find(':');
    if (colon != std::string::npos) {
        auto id = http::percent_decode(std::string_view(*text).substr(0, colon), true);
        auto password = http::percent_decode(std::string_view(*text).substr(colon + 1), true);
        if (id && password) out.emplace(basic_credentials{std::move(*id), secret(std::move(*password))});
    }
    OPENSSL_cleanse(text->data(), text->size());
    return out;
}

}  // namespace mita::auth

#include "auth/mail/message_text.hpp"

#include "core/utf8.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace mita::auth {

namespace {

constexpr std::size_t line = 57;  // bytes, 76 characters of base64

std::string base64(std::string_view bytes) {
    std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const int n = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                  reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    out.resize(static_cast<std::size_t>(n));
    return out;
}

std::string base64_lines(std::string_view bytes) {
    std::string out;
    for (std::size_t at = 0; at < bytes.size(); at += line) out += base64(bytes.substr(at, line)) + "\r\n";
    return out;
}

// RFC 2047: words of at most 75 characters, each whole characters.
std::string encoded_words(std::string_view text) {
    if (std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; })) return std::string(text);
    constexpr std::size_t most = 42;  // bytes: 56 of base64 and 12 around
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t begin = at;
        while (at < text.size()) {
            std::size_t next = at;
            utf8::next(text, next);
            if (next - begin > most) break;
            at = next;
        }
        out += (out.empty() ? "=?utf-8?B?" : "\r\n =?utf-8?B?") + base64(text.substr(begin, at - begin)) + "?=";
    }
    return out;
}

}  // namespace

std::string message_text(const letter& what, const mail_author& from, std::string_view to, const uuid& id,
                         wall::time_point at) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
    const auto domain = from.address.substr(from.address.find('@') + 1);
    const auto boundary = "mita-" + id.str();
    std::string out;
    out += fmt::format("Date: {:%a, %d %b %Y %H:%M:%S} +0000\r\n", fmt::gmtime(static_cast<std::time_t>(seconds)));
    out += "From: " + from.header + "\r\nTo: <" + std::string(to) + ">\r\nSubject: " + encoded_words(what.subject) +
           "\r\nMessage-ID: <" + id.str() + "@" + domain +
           ">\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n "
           "boundary=\"" +
           boundary + "\"\r\n\r\n";
    const auto part = [&](const char* type, std::string_view body) {
        out += "--" + boundary + "\r\nContent-Type: " + type +
               "; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64_lines(body);
    };
    part("text/plain", what.text);
    part("text/html", what.html);
    out += "--" + boundary + "--\r\n";
    return out;
}

}  // namespace mita::auth

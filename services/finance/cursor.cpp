#include "finance/cursor.hpp"

#include "core/base64url.hpp"
#include "core/error.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <stdexcept>

namespace mita::finance {

namespace {

constexpr char version = 1;
constexpr std::size_t id_size = 16;
constexpr std::size_t place_size = 1 + 4 + id_size;
constexpr std::size_t mac_size = 18;  // place and MAC are 39 bytes: 52 characters, no spare bits

std::array<unsigned char, 32> mac_of(std::string_view key, std::string_view message) {
    std::array<unsigned char, 32> out{};
    unsigned size = 0;
    const auto* data = reinterpret_cast<const unsigned char*>(message.data());
    if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data, message.size(), out.data(), &size) ==
        nullptr)
        throw std::runtime_error("HMAC failed");
    return out;
}

std::string_view chars(const std::array<unsigned char, 32>& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string place_bytes(const list_place& at) {
    std::string out(1, version);
    const auto days = static_cast<std::uint32_t>(at.day.time_since_epoch().count());
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(static_cast<unsigned char>(days >> shift));
    out.append(reinterpret_cast<const char*>(at.id.bytes.data()), id_size);
    return out;
}

std::string seal_of(const std::array<unsigned char, 32>& key, std::string_view place, const uuid& user,
                    std::string_view filter) {
    std::string message(place);
    message.append(reinterpret_cast<const char*>(user.bytes.data()), id_size);
    message += filter;
    const auto mac = mac_of(chars(key), message);
    return std::string(chars(mac).substr(0, mac_size));
}

[[noreturn]] void refuse() {
    throw api_error(400, "invalid_cursor", "The cursor is not one of this list with this filter.");
}

}  // namespace

cursor_seal::cursor_seal(const secret& key) : key_(mac_of(key.view(), "mita finance list cursor 1")) {}

std::string cursor_seal::seal(const list_place& at, const uuid& user, std::string_view filter) const {
    const auto place = place_bytes(at);
    return base64url::encode(place + seal_of(key_, place, user, filter));
}

list_place cursor_seal::open(std::string_view cursor, const uuid& user, std::string_view filter) const {
    const auto bytes = base64url::decode(cursor);
    if (!bytes || bytes->size() != place_size + mac_size || bytes->front() != version) refuse();
    const auto place = std::string_view(*bytes).substr(0, place_size);
    const auto wanted = seal_of(key_, place, user, filter);
    if (CRYPTO_memcmp(wanted.data(), bytes->data() + place_size, mac_size) != 0) refuse();
    std::uint32_t days = 0;
    for (std::size_t i = 1; i <= 4; ++i) days = days << 8 | static_cast<unsigned char>(place[i]);
    list_place at;
    at.day = civil_day(std::chrono::days(static_cast<std::int32_t>(days)));
    std::ranges::copy(place.substr(place_size - id_size), at.id.bytes.begin());
    return at;
}

}  // namespace mita::finance

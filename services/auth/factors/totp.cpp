#include "auth/factors/totp.hpp"

#include "auth/factors/base32.hpp"
#include "core/ids.hpp"
#include "core/mac.hpp"
#include "http/percent.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace mita::auth {

namespace {

constexpr std::size_t key_size = 20;
constexpr std::int64_t period_s = 30;

}  // namespace

secret new_totp_secret() {
    std::string key(key_size, '\0');
    random_bytes(key.data(), key.size());
    return secret(std::move(key));
}

std::string totp_code(std::string_view key, std::int64_t step) {
    std::array<unsigned char, 8> counter{};
    for (std::size_t i = 0; i < counter.size(); ++i)
        counter[i] = static_cast<unsigned char>(step >> (56 - 8 * i) & 255);
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned size = 0;
    const auto* made =
        HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), counter.data(), counter.size(), mac.data(), &size);
    if (made == nullptr || size != 20) throw std::runtime_error("HMAC-SHA-1 failed");
    const std::size_t at = mac[19] & 15;  // dynamic truncation (RFC 4226 5.3)
    const std::uint32_t number = (static_cast<std::uint32_t>(mac[at]) & 127U) << 24 |
                                 static_cast<std::uint32_t>(mac[at + 1]) << 16 |
                                 static_cast<std::uint32_t>(mac[at + 2]) << 8 | mac[at + 3];
    std::string out = std::to_string(1'000'000 + number % 1'000'000);
    return out.substr(1);
}

std::optional<std::int64_t> totp_step(std::string_view key, std::string_view code, std::int64_t unix_seconds,
                                      std::int64_t last) {
    const auto now = unix_seconds / period_s;
    std::optional<std::int64_t> found;
    for (auto step = now + 1; step >= now - 1; --step)
        if (same_bytes(totp_code(key, step), code) && step > last) found = step;
    return found;
}

std::string totp_uri(std::string_view key, std::string_view address) {
    return "otpauth://totp/MITA:" + http::percent_encode(address) + "?secret=" + base32::encode(key) +
           "&issuer=MITA&algorithm=SHA1&digits=6&period=30";
}

}  // namespace mita::auth

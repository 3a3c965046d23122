#include "auth/hashing/libxcrypt.hpp"

#include "core/secret.hpp"

#include <crypt.h>
#include <openssl/crypto.h>

#include <string>

namespace mita::hashing {

libxcrypt::libxcrypt() : data_(std::make_unique<crypt_data>()) {}

libxcrypt::~libxcrypt() { OPENSSL_cleanse(data_.get(), sizeof *data_); }

std::optional<bcrypt::digest> libxcrypt::digest(std::string_view password, const bcrypt::setting& how) {
    if (password.size() >= CRYPT_MAX_PASSPHRASE_SIZE || password.find('\0') != std::string_view::npos)
        return std::nullopt;
    const secret terminated(password);
    const std::string setting = bcrypt::format(how);
    const char* const out = crypt_r(terminated.view().data(), setting.c_str(), data_.get());
    std::optional<bcrypt::digest> sum;
    if (out != nullptr && out[0] != '*') {
        const auto parsed = bcrypt::parse_hash(out, bcrypt::allow_x::yes);
        if (parsed && parsed->how == how) sum = parsed->sum;
    }
    OPENSSL_cleanse(data_.get(), sizeof *data_);
    return sum;
}

}  // namespace mita::hashing

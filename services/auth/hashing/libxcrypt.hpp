// bcrypt by the system's libxcrypt: the oracle of the start-up self-test, and what computes when a kernel is not
// trusted.
#pragma once

#include "auth/hashing/bcrypt_format.hpp"

#include <memory>
#include <optional>
#include <string_view>

struct crypt_data;

namespace mita::hashing {

// One per thread: crypt_data is 32 KiB, kept on the heap and wiped.
class libxcrypt {
public:
    libxcrypt();
    ~libxcrypt();
    libxcrypt(const libxcrypt&) = delete;
    libxcrypt& operator=(const libxcrypt&) = delete;

    // nullopt: the password holds a NUL or is over 511 bytes (a C string cannot carry it), or crypt_r failed: null or
    // "*…".
    std::optional<bcrypt::digest> digest(std::string_view password, const bcrypt::setting& how);

private:
    std::unique_ptr<crypt_data> data_;
};

}  // namespace mita::hashing

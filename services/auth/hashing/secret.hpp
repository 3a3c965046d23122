// A password on its way to a hash: owns the bytes, never copied, wiped when it goes. Used by handlers, password_hasher,
// pool. Bytes, not text: NUL is an ordinary byte here.
#pragma once

#include <string>
#include <string_view>

namespace mita::hashing {

class secret {
public:
    secret() = default;
    // Takes the string and wipes what is left of the caller's (short strings live inside the object).
    explicit secret(std::string&& bytes);
    // Copies; the caller's bytes stay the caller's to wipe.
    explicit secret(std::string_view bytes) : bytes_(bytes) {}
    secret(secret&& other) noexcept;
    secret& operator=(secret&& other) noexcept;
    secret(const secret&) = delete;
    secret& operator=(const secret&) = delete;
    ~secret();

    // Valid until this object moves or goes.
    std::string_view view() const { return bytes_; }
    bool empty() const { return bytes_.empty(); }

private:
    void wipe() noexcept;
    std::string bytes_;
};

}  // namespace mita::hashing

// A value that must not leak: passwords, keys, tokens, URLs with a password. Owns its bytes (NUL is an ordinary one),
// moves but is never copied by accident (copy() is said aloud), has no operator<<, is compared in constant time and
// wiped when it moves or goes.
#pragma once

#include <string>
#include <string_view>

namespace mita {

class secret {
public:
    secret() = default;
    // Takes the string and wipes what is left of the caller's (short strings live inside the object).
    explicit secret(std::string&& bytes);
    // Copies; the caller's bytes stay the caller's to wipe.
    explicit secret(std::string_view bytes) : bytes_(bytes) {}
    explicit secret(const char* text) : secret(std::string_view(text)) {}
    secret(secret&& other) noexcept;
    secret& operator=(secret&& other) noexcept;
    secret(const secret&) = delete;
    secret& operator=(const secret&) = delete;
    ~secret();

    secret copy() const { return secret(view()); }
    // Valid until this object moves or goes.
    std::string_view view() const { return bytes_; }
    bool empty() const { return bytes_.empty(); }
    // Takes as long whatever the bytes are; only the length shows.
    friend bool operator==(const secret& a, std::string_view b);
    friend bool operator==(const secret& a, const secret& b) { return a == b.view(); }

private:
    void wipe() noexcept;
    std::string bytes_;
};

}  // namespace mita

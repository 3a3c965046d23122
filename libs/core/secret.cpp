#include "core/secret.hpp"

#include <openssl/crypto.h>

#include <utility>

namespace mita {

namespace {

// Over the whole capacity: the object's own short buffer, or what an earlier, longer value left.
void wipe_string(std::string& s) noexcept {
    s.resize(s.capacity());  // NOLINT(clang-analyzer-cplusplus.Move): moved from or not, all of it is overwritten
    OPENSSL_cleanse(s.data(), s.size());
    s.clear();
}

}  // namespace

secret::secret(std::string&& bytes) : bytes_(std::move(bytes)) { wipe_string(bytes); }

secret::secret(secret&& other) noexcept : bytes_(std::move(other.bytes_)) { other.wipe(); }

secret& secret::operator=(secret&& other) noexcept {
    if (this != &other) {
        wipe();
        bytes_.swap(other.bytes_);
    }
    return *this;
}

secret::~secret() { wipe(); }

void secret::wipe() noexcept { wipe_string(bytes_); }

bool operator==(const secret& a, std::string_view b) {
    return a.bytes_.size() == b.size() && CRYPTO_memcmp(a.bytes_.data(), b.data(), b.size()) == 0;
}

}  // namespace mita

#include "core/mac.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <stdexcept>

namespace mita {

std::string hmac_sha256(const secret& key, std::string_view data) {
    std::string out(32, '\0');
    unsigned size = 0;
    const auto* made = HMAC(EVP_sha256(), key.view().data(), static_cast<int>(key.view().size()),
                            reinterpret_cast<const unsigned char*>(data.data()), data.size(),
                            reinterpret_cast<unsigned char*>(out.data()), &size);
    if (made == nullptr) throw std::runtime_error("HMAC failed");
    return out;
}

bool same_bytes(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace mita

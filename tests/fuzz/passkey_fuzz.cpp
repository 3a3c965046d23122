// What browsers and authenticators bring, from arbitrary bytes: nothing crashes or throws, and what is taken keeps the
// rules (W1).
#include "auth/webauthn/cbor.hpp"
#include "auth/webauthn/ceremony.hpp"
#include "auth/webauthn/public_key.hpp"

#include <openssl/sha.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

using namespace mita::auth;

namespace {

const relying_party rp{"mita.example", {"https://mita.example"}};

void require(bool good) {
    if (!good) std::abort();
}

// The hash of the domain at the place where it belongs: else no input would come beyond it.
std::string with_domain(std::string_view data) {
    static const std::string hash = [] {
        std::string out(SHA256_DIGEST_LENGTH, '\0');
        SHA256(reinterpret_cast<const unsigned char*>(rp.id.data()), rp.id.size(),
               reinterpret_cast<unsigned char*>(out.data()));
        return out;
    }();
    return hash + std::string(data);
}

// {"fmt": "none", "attStmt": {}, "authData": data}, for data of up to 64 KiB.
std::string attested(const std::string& data) {
    std::string out =
        std::string("\xa3\x63") + "fmt" + "\x64" + "none" + "\x67" + "attStmt" + "\xa0" + "\x68" + "authData";
    if (data.size() < 24) {
        out += static_cast<char>(0x40 + data.size());
    } else if (data.size() < 256) {
        out += '\x58';
    } else {
        out += '\x59';
        out += static_cast<char>(data.size() >> 8);
    }
    if (data.size() >= 24) out += static_cast<char>(data.size() & 255);
    return out + data;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 5) {
        case 0: {
            cbor::reader in(text);
            while (in.skip()) {
            }
            require(in.rest().size() <= text.size());
            break;
        }
        case 1: {
            std::string_view rest;
            const auto key = passkey_key::read(text, rest);
            if (!key) break;
            require(rest.size() < text.size());
            require(passkey_key::read(text.substr(0, text.size() - rest.size())).has_value());
            require(!key->signed_this("x", text));
            break;
        }
        case 2: {
            const auto seen = read_client_data(text, "webauthn.get", rp);
            if (seen.wrong == fault::none)
                require(text.find("https://mita.example") != std::string_view::npos ||
                        text.find('\\') != std::string_view::npos);
            break;
        }
        case 3: {
            if (text.size() > 60'000) break;
            const auto data_of = with_domain(text);
            constexpr std::size_t id_at = 55;
            const auto id =
                data_of.size() > id_at ? data_of.substr(id_at, static_cast<unsigned char>(data_of[54])) : "";
            const auto made = judge_made(id, attested(data_of), rp);
            if (made.wrong != fault::none) break;
            require((data_of[32] & 5) == 5 && made.credential_id == id);
            require(passkey_key::read(made.public_key).has_value());
            break;
        }
        default: {
            require(judge_made("id", text, rp).wrong != fault::none || text.size() > 100);
            require(judge_shown(text, with_domain(text), text, text, rp, false).wrong != fault::none);
        }
    }
    return 0;
}

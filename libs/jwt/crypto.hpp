// What libs/jwt holds of OpenSSL: owning handles, methods fetched once per key (fetching by name in each call takes
// locks: openssl#20286), digests, and how an error of OpenSSL becomes ours. Internal to libs/jwt; OpenSSL's headers
// stay in .cpp files.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

struct evp_pkey_st;
struct evp_md_st;
struct evp_mac_st;

namespace mita::jwt::crypto {

struct free_handle {
    void operator()(evp_pkey_st* p) const noexcept;
    void operator()(evp_md_st* p) const noexcept;
    void operator()(evp_mac_st* p) const noexcept;
};
using pkey = std::unique_ptr<evp_pkey_st, free_handle>;
using digest_method = std::unique_ptr<evp_md_st, free_handle>;
using mac_method = std::unique_ptr<evp_mac_st, free_handle>;

// The deleter that calls F: std::unique_ptr<BIGNUM, by<BN_free>>.
template <auto F>
struct by {
    template <class T>
    void operator()(T* p) const noexcept {
        F(p);
    }
};

inline const unsigned char* bytes(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

// OpenSSL's error queue is per thread; nothing of ours may be left in it for others to read: both empty it first.
[[noreturn]] void fail(const char* what);    // throws std::runtime_error: OpenSSL cannot
[[noreturn]] void refuse(const char* what);  // throws std::invalid_argument: what was given is not acceptable

digest_method fetch_sha256();
mac_method fetch_hmac();
std::array<unsigned char, 32> sha256(const evp_md_st* method, std::string_view data);
std::string thumbprint(const evp_md_st* method, std::string_view canonical_jwk);  // RFC 7638

}  // namespace mita::jwt::crypto

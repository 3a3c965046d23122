#include "http/tls_identity.hpp"

#include "http/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace mita::http {

namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

constexpr std::string_view protocol("\x08http/1.1", 9);  // as ALPN's list has it (RFC 7301)
// Of those that are all good the cheapest first.
constexpr const char* ciphers_of_1_3 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";
constexpr unsigned char session_name[] = "mita";

// Who speaks something else alone is told so, rather than getting answers it takes for garbage.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered, unsigned n,
                    void*) {
    auto* chosen = const_cast<unsigned char**>(out);  // the type of OpenSSL's other function for it
    const auto* ours = reinterpret_cast<const unsigned char*>(protocol.data());
    const int found = ::SSL_select_next_proto(chosen, size, ours, protocol.size(), offered, n);
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// A key with a passphrase is refused: nobody is there to be asked.
int no_passphrase(char*, int, int, void*) { return -1; }

std::optional<std::string> content_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::string out{std::istreambuf_iterator<char>(in), {}};
    if (!in.is_open() || in.bad()) return std::nullopt;
    return out;
}

std::string read(const std::string& path) {
    errno = 0;
    auto out = content_of(path);
    if (!out) throw std::runtime_error(path + " cannot be read: " + std::strerror(errno == 0 ? EIO : errno));
    return std::move(*out);
}

std::chrono::system_clock::time_point end_of(const X509* certificate) {
    std::tm t{};
    if (::ASN1_TIME_to_tm(::X509_get0_notAfter(certificate), &t) != 1) return {};
    return std::chrono::system_clock::from_time_t(::timegm(&t));
}

std::shared_ptr<tls_identity::context> made_of(const tls_identity::files& from, const std::string& certificate,
                                               const std::string& key) {
    auto out = std::make_shared<tls_identity::context>();
    ssl::context& c = out->of_openssl;
    SSL_CTX* const raw = c.native_handle();
    ::SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
    ::SSL_CTX_set_options(raw, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                   SSL_OP_PRIORITIZE_CHACHA);
    // An idle connection keeps no buffers; what could not be written is given again from wherever it is then.
    ::SSL_CTX_set_mode(raw,
                       SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    ::SSL_CTX_set_read_ahead(raw, 1);  // a record is one system call, not one for its head and one for the rest
    ::SSL_CTX_set_ciphersuites(raw, ciphers_of_1_3);
    ::SSL_CTX_set_cipher_list(raw, ciphers);
    ::SSL_CTX_set_alpn_select_cb(raw, choose_protocol, nullptr);
    ::SSL_CTX_set_session_id_context(raw, session_name, sizeof session_name - 1);
    ::SSL_CTX_set_default_passwd_cb(raw, no_passphrase);

    ::ERR_clear_error();
    error_code ec;
    c.use_certificate_chain(boost::asio::buffer(certificate), ec);
    if (ec) throw std::runtime_error(from.certificate + " holds no certificate in PEM: " + ec.message());
    c.use_private_key(boost::asio::buffer(key), ssl::context::pem, ec);
    const bool another = ::SSL_CTX_check_private_key(raw) != 1;
    const bool mismatch = ec && ERR_GET_REASON(static_cast<unsigned long>(ec.value())) == X509_R_KEY_VALUES_MISMATCH;
    if (mismatch || (!ec && another))
        throw std::runtime_error(from.key + " is not the key of the certificate in " + from.certificate);
    if (ec) throw std::runtime_error(from.key + " holds no private key in PEM without a passphrase: " + ec.message());
    out->expires = end_of(::SSL_CTX_get0_certificate(raw));
    ::ERR_clear_error();
    return out;
}

}  // namespace

struct tls_identity::impl {
    files from;
    mutable std::mutex mutex;
    std::string certificate, key;  // as read last
    std::shared_ptr<context> now;
};

tls_identity::tls_identity(files from) : impl_(std::make_unique<impl>()) {
    impl_->from = std::move(from);
    reload();
}

tls_identity::~tls_identity() = default;

void tls_identity::reload() {
    std::string certificate = read(impl_->from.certificate), key = read(impl_->from.key);
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->certificate = certificate;
        impl_->key = key;
    }
    auto made = made_of(impl_->from, certificate, key);
    const std::lock_guard lock(impl_->mutex);
    impl_->now = std::move(made);
}

bool tls_identity::changed() const {
    const auto certificate = content_of(impl_->from.certificate), key = content_of(impl_->from.key);
    const std::lock_guard lock(impl_->mutex);
    return certificate && key && (*certificate != impl_->certificate || *key != impl_->key);
}

std::chrono::system_clock::time_point tls_identity::expires() const { return current()->expires; }

std::shared_ptr<tls_identity::context> tls_identity::current() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->now;
}

}  // namespace mita::http

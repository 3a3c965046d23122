// Who a server is by TLS: a certificate chain and its key from two files, TLS 1.2 and 1.3 with forward secrecy and
// authenticated encryption alone, ALPN http/1.1. Read again at any time; connections that stand keep what they began
// with. Used by sessions, made by the gateway. Any thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>

namespace mita::http {

class tls_identity {
public:
    struct files {
        std::string certificate, key;  // paths; PEM, the chain from the own certificate on
    };
    // Throws std::runtime_error that names the file and what is wrong with it.
    explicit tls_identity(files from);
    ~tls_identity();
    tls_identity(const tls_identity&) = delete;
    tls_identity& operator=(const tls_identity&) = delete;

    // Reads both files again, for the connections to come. Throws as the constructor; then the old ones stay.
    void reload();
    // Is what the files hold other than what was read last, good or not? False when one cannot be read.
    bool changed() const;
    std::chrono::system_clock::time_point expires() const;  // the certificate

    struct context;
    std::shared_ptr<context> current() const;  // for tls_stream

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace mita::http

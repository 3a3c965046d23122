// What a TLS server shares with its connections: OpenSSL's context. Internal to libs/http, for .cpp files alone.
#pragma once

#include "http/tls_identity.hpp"

#include <boost/asio/ssl/context.hpp>

#include <chrono>

namespace mita::http {

struct tls_identity::context {
    context() : of_openssl(boost::asio::ssl::context::tls_server) {}
    boost::asio::ssl::context of_openssl;
    std::chrono::system_clock::time_point expires;
};

}  // namespace mita::http

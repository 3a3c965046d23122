// A service whose server speaks TLS: it says by which identity. The pass of the gateway is one, at the port for TLS.
#pragma once

#include "http/tls_identity.hpp"

namespace mita::http {

class tls_service {
public:
    virtual ~tls_service() = default;
    virtual const tls_identity* shown() const = 0;  // null: plain after all; asked once, lives as long as the server
};

}  // namespace mita::http

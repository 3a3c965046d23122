// A service that says itself what its server's answers promise of TLS (HSTS, RFC 6797): the pass of the gateway.
// Others' answers have usual_hsts.
#pragma once

#include <string_view>

namespace mita::http {

inline constexpr std::string_view usual_hsts = "Strict-Transport-Security: max-age=63072000; includeSubDomains\r\n";

class hsts_service {
public:
    virtual ~hsts_service() = default;
    virtual std::string_view hsts() const = 0;  // a line, or empty; asked ten times a second, on the server's worker
};

}  // namespace mita::http

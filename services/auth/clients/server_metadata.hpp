// What a client may find out about this authorization server (RFC 8414; OpenID Connect Discovery 1.0): only what is
// true. There is no authorization endpoint and there are no ID tokens: none is named. Used by app.
#pragma once

#include <string>
#include <string_view>

namespace mita::auth {

struct server_document {
    std::string text, etag;
};

// issuer: also where the endpoints are (RFC 8414 2): the public URL of the gateway.
server_document describe_server(std::string_view issuer);

}  // namespace mita::auth

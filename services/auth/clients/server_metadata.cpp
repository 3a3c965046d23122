#include "auth/clients/server_metadata.hpp"

#include "auth/clients/client_store.hpp"
#include "core/json_reader.hpp"
#include "http/conditional.hpp"

namespace mita::auth {

server_document describe_server(std::string_view issuer) {
    const auto base = issuer.ends_with('/') ? issuer.substr(0, issuer.size() - 1) : issuer;
    server_document out;
    out.text = "{\"issuer\":";
    append_json_string(out.text, issuer);
    const auto endpoint = [&](std::string_view name, std::string_view path) {
        out.text.append(",\"").append(name).append("\":");
        append_json_string(out.text, std::string(base).append(path));
    };
    endpoint("jwks_uri", "/.well-known/jwks.json");
    endpoint("token_endpoint", "/v1/auth/token");
    endpoint("introspection_endpoint", "/v1/auth/introspect");
    endpoint("revocation_endpoint", "/v1/auth/revoke");
    out.text +=
        ",\"grant_types_supported\":[\"client_credentials\"],\"response_types_supported\":[]"
        ",\"token_endpoint_auth_methods_supported\":[\"client_secret_basic\",\"client_secret_post\"]"
        ",\"introspection_endpoint_auth_methods_supported\":[\"client_secret_basic\"]"
        ",\"revocation_endpoint_auth_methods_supported\":[\"client_secret_basic\"]"
        ",\"subject_types_supported\":[\"public\"],\"id_token_signing_alg_values_supported\":[]"
        ",\"scopes_supported\":[\"service\"";
    for (const auto word : client_scopes) out.text.append(",\"").append(word).append("\"");
    out.text += "]}";
    out.etag = http::tag_of_text(out.text);
    return out;
}

}  // namespace mita::auth

#include "auth/routes.hpp"

#include "auth/handlers/handlers.hpp"
#include "http/operations.hpp"

namespace mita::auth {

namespace {

using http::access;
using http::verb;

constexpr http::route_flags oauth_form{.any_media_type = true, .oauth = true};

constexpr http::route<app> open_to_the_world[] = {
    {verb::post, "/v1/auth/register", register_user, access::open},
    {verb::post, "/v1/auth/login", login, access::open},
    {verb::post, "/v1/auth/reauthenticate", reauthenticate, access::user},
    {verb::get, "/v1/auth/mfa", list_factors, access::user},
    {verb::post, "/v1/auth/mfa/verify", verify_second_factor, access::open},
    {verb::post, "/v1/auth/mfa/totp", begin_totp, access::recent},
    {verb::post, "/v1/auth/mfa/totp/confirm", confirm_totp, access::recent},
    {verb::del, "/v1/auth/mfa/totp", remove_totp, access::recent},
    {verb::post, "/v1/auth/mfa/recovery_codes", renew_recovery_codes, access::recent},
    {verb::post, "/v1/auth/passkeys:begin", begin_passkey, access::recent},
    {verb::post, "/v1/auth/passkeys", add_passkey, access::recent},
    {verb::get, "/v1/auth/passkeys", list_passkeys, access::user},
    {verb::del, "/v1/auth/passkeys/{id}", remove_passkey, access::recent},
    {verb::post, "/v1/auth/passkey_login:begin", begin_passkey_login, access::open},
    {verb::post, "/v1/auth/passkey_login", login_by_passkey, access::open},
    {verb::post, "/v1/auth/refresh", refresh, access::open},
    {verb::post, "/v1/auth/logout", logout, access::open},          // also with an expired token
    {verb::post, "/v1/auth/logout_all", logout_all, access::open},  // likewise
    {verb::get, "/v1/auth/sessions", list_sessions, access::user},
    {verb::del, "/v1/auth/sessions/{id}", end_session, access::user},
    {verb::post, "/v1/auth/password/change", change_password, access::user},
    {verb::post, "/v1/auth/password/forgot", forgot_password, access::open},
    {verb::post, "/v1/auth/password/reset", reset_password, access::open},
    {verb::post, "/v1/auth/email/verify", verify_email, access::open},
    {verb::post, "/v1/auth/email/resend", resend_verification, access::open},
    {verb::post, "/v1/auth/email/change", change_email, access::user},
    {verb::get, "/v1/auth/events", list_events, access::user},
    {verb::get, "/v1/auth/me", me, access::user},
    {verb::del, "/v1/auth/me", delete_me, access::recent},
    {verb::get, "/v1/auth/export", export_account, access::recent},
    {verb::get, "/v1/admin/users", admin_users, access::recent},
    {verb::get, "/v1/admin/users/{id}", admin_user, access::recent},
    {verb::get, "/v1/admin/users/{id}/events", admin_events, access::recent},
    {verb::post, "/v1/admin/users/{id}:disable", admin_disable, access::recent},
    {verb::post, "/v1/admin/users/{id}:enable", admin_enable, access::recent},
    {verb::post, "/v1/admin/users/{id}:end_sessions", admin_end_sessions, access::recent},
    {verb::post, "/v1/admin/users/{id}:require_reset", admin_require_reset, access::recent},
    {verb::post, "/v1/admin/users/{id}:set_role", admin_set_role, access::recent},
    {verb::get, "/v1/admin/invitations", admin_invitations, access::recent},
    {verb::post, "/v1/admin/invitations", admin_invite, access::recent},
    {verb::del, "/v1/admin/invitations/{id}", admin_uninvite, access::recent},
    {verb::post, "/v1/auth/token", client_token, access::open, oauth_form},
    {verb::post, "/v1/auth/introspect", introspect, access::service, oauth_form},
    {verb::post, "/v1/auth/revoke", revoke, access::service, oauth_form},
    {verb::get, "/.well-known/jwks.json", jwks, access::open},
    {verb::get, "/.well-known/openid-configuration", server_metadata, access::open},
    {verb::get, "/.well-known/oauth-authorization-server", server_metadata, access::open},
    {verb::get, "/livez", http::livez<app>, access::open},
    {verb::get, "/readyz", http::readyz<app>, access::open},
};

constexpr http::route<app> inside[] = {
    {verb::get, "/internal/v1/revocations", internal_revocations, access::internal},
    {verb::get, "/internal/v1/jwks", jwks, access::internal},
    {verb::get, "/internal/v1/users/{id}", internal_user, access::internal},
    {verb::patch, "/internal/v1/users/{id}", internal_rename_user, access::internal},
    {verb::post, "/internal/v1/introspect", internal_introspect, access::internal},
    {verb::post, "/internal/v1/audit-events", internal_audit_events, access::internal},
    {verb::get, "/livez", http::livez<app>, access::open},
    {verb::get, "/readyz", http::readyz<app>, access::open},
    {verb::get, "/health", http::health<app>, access::open},
    {verb::get, "/metrics", http::metrics_text<app>, access::open},
};

}  // namespace

std::span<const http::route<app>> public_routes() { return open_to_the_world; }
std::span<const http::route<app>> internal_routes() { return inside; }

}  // namespace mita::auth

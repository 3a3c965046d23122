// The use cases of the auth service, one function a route; each reads like the use case. Throw api_error, db::error,
// overloaded.
#pragma once

#include "auth/app.hpp"
#include "http/message.hpp"

namespace mita::auth {

awaitable<http::response> register_user(http::request& req, app& a);
awaitable<http::response> login(http::request& req, app& a);
awaitable<http::response> reauthenticate(http::request& req, app& a);
awaitable<http::response> verify_second_factor(http::request& req, app& a);
awaitable<http::response> list_factors(http::request& req, app& a);
awaitable<http::response> begin_totp(http::request& req, app& a);
awaitable<http::response> confirm_totp(http::request& req, app& a);
awaitable<http::response> remove_totp(http::request& req, app& a);
awaitable<http::response> renew_recovery_codes(http::request& req, app& a);
awaitable<http::response> begin_passkey(http::request& req, app& a);
awaitable<http::response> add_passkey(http::request& req, app& a);
awaitable<http::response> list_passkeys(http::request& req, app& a);
awaitable<http::response> remove_passkey(http::request& req, app& a);
awaitable<http::response> begin_passkey_login(http::request& req, app& a);
awaitable<http::response> login_by_passkey(http::request& req, app& a);
awaitable<http::response> refresh(http::request& req, app& a);
awaitable<http::response> logout(http::request& req, app& a);
awaitable<http::response> logout_all(http::request& req, app& a);
awaitable<http::response> list_sessions(http::request& req, app& a);
awaitable<http::response> end_session(http::request& req, app& a);
awaitable<http::response> list_events(http::request& req, app& a);
awaitable<http::response> change_password(http::request& req, app& a);
awaitable<http::response> forgot_password(http::request& req, app& a);
awaitable<http::response> reset_password(http::request& req, app& a);
awaitable<http::response> verify_email(http::request& req, app& a);
awaitable<http::response> resend_verification(http::request& req, app& a);
awaitable<http::response> change_email(http::request& req, app& a);
awaitable<http::response> client_token(http::request& req, app& a);
awaitable<http::response> introspect(http::request& req, app& a);
awaitable<http::response> revoke(http::request& req, app& a);
awaitable<http::response> server_metadata(http::request& req, app& a);
awaitable<http::response> delete_me(http::request& req, app& a);
awaitable<http::response> export_account(http::request& req, app& a);
awaitable<http::response> me(http::request& req, app& a);
awaitable<http::response> jwks(http::request& req, app& a);

awaitable<http::response> admin_users(http::request& req, app& a);
awaitable<http::response> admin_user(http::request& req, app& a);
awaitable<http::response> admin_events(http::request& req, app& a);
awaitable<http::response> admin_disable(http::request& req, app& a);
awaitable<http::response> admin_enable(http::request& req, app& a);
awaitable<http::response> admin_end_sessions(http::request& req, app& a);
awaitable<http::response> admin_require_reset(http::request& req, app& a);
awaitable<http::response> admin_invite(http::request& req, app& a);
awaitable<http::response> admin_invitations(http::request& req, app& a);
awaitable<http::response> admin_uninvite(http::request& req, app& a);
awaitable<http::response> admin_set_role(http::request& req, app& a);

awaitable<http::response> internal_revocations(http::request& req, app& a);
awaitable<http::response> internal_user(http::request& req, app& a);
awaitable<http::response> internal_rename_user(http::request& req, app& a);
awaitable<http::response> internal_introspect(http::request& req, app& a);
awaitable<http::response> internal_audit_events(http::request& req, app& a);

}  // namespace mita::auth

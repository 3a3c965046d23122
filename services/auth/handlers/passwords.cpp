// A new password: by the present one (P9), or by a mail (P8).
#include "auth/handlers/at_hand.hpp"
#include "auth/handlers/handlers.hpp"
#include "auth/live_settings.hpp"
#include "auth/one_time/one_time_store.hpp"
#include "auth/people/address.hpp"
#include "auth/people/body.hpp"
#include "auth/people/password_rules.hpp"
#include "auth/revocation/judging_clock_store.hpp"
#include "core/error.hpp"

namespace mita::auth {

namespace {

void require_good(const app& a, const secret& password, const user& of) {
    const auto least = of.second_factor ? min_password : live(a.all.set.least_password);
    const auto fault = password_fault(password.view(), of.email, least);
    if (!fault) return;
    field_error at = *fault;
    at.pointer = "/new_password";
    throw api_error(422, "validation_failed", "The request has a member that is not as it should be.", {at});
}

awaitable<std::string> hashed(http::request& req, app& a, secret password, hashing::cancel_flag left) {
    auto place = a.admit(req, hashing::job_class::register_reset);
    auto out = co_await a.all.passwords.hash(std::move(place), std::move(password), left);
    co_return out;
}

}  // namespace

awaitable<http::response> change_password(http::request& req, app& a) {
    http::refuse_query(req);
    const wiped_body gone(req);
    password_change_request in(req.body);
    auto place = a.admit(req, hashing::job_class::login);
    const auto who = co_await require_person_recently(req, a);
    require_good(a, in.new_password, who);
    const departure left(req);
    co_await require_password(req, a, who, std::move(place), std::move(in.current_password), left.flag);
    const auto fresh = co_await hashed(req, a, std::move(in.new_password), left.flag);
    const auto done =
        co_await a.credentials.change_password(who.id, who.password_hash, fresh, req.who->session_id, req.until);
    if (done.outcome == changed::gone) refuse_credentials(a);
    a.note(req, "password_change", "ok", who.id);
    if (done.revocation != 0) {
        co_await a.all.hub->settle(a.on.get_executor(), done.revocation);
    }
    co_return http::empty();
}

// The same for every address: what is asked for is looked at by the job that sends mails (P7).
awaitable<http::response> forgot_password(http::request& req, app& a) {
    http::refuse_query(req);
    const address_request in(req.body);
    co_await ask_by_address(req, a, letter_kind::reset_password, in.email);
    co_return accepted();
}

// No session comes of it: who has a second factor shows it at the next login (P8).
awaitable<http::response> reset_password(http::request& req, app& a) {
    http::refuse_query(req);
    const wiped_body gone(req);
    password_reset_request in(req.body);
    const auto hash = hash_of_token(in.token.view());
    if (!hash) refuse_one_time_token();
    auto tried = co_await attempt::begin(a.db, a.all.log, guess_from(req.client_address), req.until);
    one_time_store tokens(a.db);
    const auto moved = co_await clock_moved(a.db, req.until);
    const auto holder = co_await tokens.look(token_purpose::reset_password, *hash, moved, req.until);
    if (!holder) {
        co_await tried.failed(req.until);
        refuse_one_time_token();
    }
    const auto who = co_await a.users.find(holder->user_id, req.until);
    if (!who) refuse_one_time_token();
    require_good(a, in.new_password, *who);
    const departure left(req);
    const auto fresh = co_await hashed(req, a, std::move(in.new_password), left.flag);
    const auto done = co_await a.credentials.reset_password(*hash, fresh, req.until);
    if (done.outcome == changed::gone) refuse_one_time_token();
    a.note(req, "password_reset", "ok", done.user_id);
    throttle_store throttles(a.db);
    const auto account = attempt_at(a.all.throttle_key, who->email_key, req.client_address);
    co_await throttles.forgive(account, req.until);
    if (done.revocation != 0) {
        co_await a.all.hub->settle(a.on.get_executor(), done.revocation);
    }
    co_return http::empty();
}

}  // namespace mita::auth

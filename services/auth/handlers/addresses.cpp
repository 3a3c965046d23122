// Proof of a mailbox: the one of an account, or the one it is to have.
#include "auth/handlers/at_hand.hpp"
#include "auth/handlers/handlers.hpp"
#include "auth/one_time/one_time_token.hpp"
#include "auth/people/address.hpp"
#include "auth/people/body.hpp"
#include "core/error.hpp"

#include <string>

namespace mita::auth {

// What a link of a mail leads to: the token says what for, and each is tried under its own purpose alone (T10).
awaitable<http::response> verify_email(http::request& req, app& a) {
    http::refuse_query(req);
    const one_time_request in(req.body);
    const auto hash = hash_of_token(in.token.view());
    if (!hash) refuse_one_time_token();
    auto tried = co_await attempt::begin(a.db, a.all.log, guess_from(req.client_address), req.until);
    const auto proven = co_await a.credentials.verify_address(*hash, req.until);
    if (proven) {
        a.note(req, "email_verify", "ok", *proven);
        co_return http::empty();
    }
    const auto done = co_await a.credentials.change_address(*hash, req.until);
    if (done.outcome == changed::gone) {
        co_await tried.failed(req.until);
        refuse_one_time_token();
    }
    a.note(req, "email_change", "ok", done.user_id);
    if (done.revocation != 0) {
        co_await a.all.hub->settle(a.on.get_executor(), done.revocation);
    }
    co_return http::empty();
}

awaitable<http::response> resend_verification(http::request& req, app& a) {
    http::refuse_query(req);
    const address_request in(req.body);
    co_await ask_by_address(req, a, letter_kind::verify_email, in.email);
    co_return accepted();
}

// Both addresses are told; whether the new one is somebody's does not show (P7).
awaitable<http::response> change_email(http::request& req, app& a) {
    http::refuse_query(req);
    const wiped_body gone(req);
    email_change_request in(req.body);
    auto place = a.admit(req, hashing::job_class::login);
    const auto who = co_await require_person_recently(req, a);
    const departure left(req);
    co_await require_password(req, a, who, std::move(place), std::move(in.password), left.flag);

    mail_request told;
    told.kind = letter_kind::email_change_asked;
    told.recipient = who.email;
    told.recipient_key = who.email_key;
    told.user_id = who.id;
    told.language = who.language;
    told.details = in.new_email;
    mail_request link = told;
    link.kind = letter_kind::change_email;
    link.recipient = in.new_email;
    link.recipient_key = canonical_address(in.new_email).value_or("");
    link.details = std::to_string(who.epoch) + ' ' + who.email_key + ' ' + link.recipient_key + ' ' + in.new_email;
    co_await a.ask_mail(req, std::move(link));
    const bool queued = co_await a.mails.ask(std::move(told), req.until);
    if (!queued) throw overloaded("the queue of mails is full", 60);
    a.note(req, "email_change", "asked", who.id);
    co_return accepted();
}

}  // namespace mita::auth

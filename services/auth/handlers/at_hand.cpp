#include "auth/handlers/at_hand.hpp"

#include "auth/people/address.hpp"
#include "core/error.hpp"
#include "core/utf8.hpp"
#include "jwt/bearer.hpp"

#include <openssl/crypto.h>

#include <utility>

namespace mita::auth {

wiped_body::~wiped_body() { OPENSSL_cleanse(const_cast<char*>(bytes.data()), bytes.size()); }

new_session session_of(const http::request& req, const uuid& user_id, std::string device_name) {
    new_session s;
    s.id = new_uuid();
    s.user_id = user_id;
    s.device_name = std::move(device_name);
    s.user_agent = utf8::repaired(req.headers.value("User-Agent"), 300);
    s.ip = std::string(req.client_address);
    s.network = network_of(req.client_address).value_or("");
    return s;
}

void refuse_credentials(app& a) {
    a.count.refused.add();
    throw api_error(401, "invalid_credentials", "The e-mail address or the password is wrong.")
        .with_header("WWW-Authenticate", "Bearer realm=\"mita\"");
}

void refuse_one_time_token() {
    throw api_error(422, "invalid_token", "The link is not good any more: ask for a new one.");
}

awaitable<void> require_password(http::request& req, app& a, const user& who, hashing::ticket place, secret password,
                                 hashing::cancel_flag left) {
    auto tried = co_await a.try_at(req, who.email_key);
    const auto verdict =
        co_await a.all.passwords.verify(std::move(place), std::move(password), who.password_hash, left);
    if (!verdict.match) {
        a.note(req, "password", "refused", who.id);
        co_await tried.failed(req.until);
        refuse_credentials(a);
    }
    co_await tried.passed(who.id, req.until);
}

awaitable<user> require_person(http::request& req, app& a) {
    auto who = co_await a.users.find(req.who->user_id, req.until);
    if (!who || !who->active()) jwt::refuse_token(req);
    co_return std::move(*who);
}

awaitable<user> require_person_recently(http::request& req, app& a) {
    auto who = co_await require_person(req, a);
    if (who.second_factor) jwt::require_recent(req);
    co_return who;
}

awaitable<void> ask_by_address(http::request& req, app& a, letter_kind kind, std::string email) {
    mail_request what;
    what.kind = kind;
    what.recipient = email;
    what.recipient_key = canonical_address(email).value_or("");
    what.language = name(preferred_language(req.headers.value("Accept-Language")).value_or(language::en));
    co_await a.ask_mail(req, std::move(what));
}

http::response accepted() { return http::json(202, "{\"accepted\":true}"); }

}  // namespace mita::auth

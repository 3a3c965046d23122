#include "auth/handlers/handlers.hpp"
#include "auth/people/body.hpp"
#include "auth/sessions/session_json.hpp"
#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/utf8.hpp"

#include <openssl/crypto.h>

#include <string_view>

namespace mita::auth {

namespace {

new_session session_of(const http::request& req, const uuid& user_id, std::string device_name) {
    new_session s;
    s.id = new_uuid();
    s.user_id = user_id;
    s.device_name = std::move(device_name);
    s.user_agent = utf8::repaired(req.headers.value("User-Agent"), 300);
    s.ip = std::string(req.client_address);
    return s;
}

// Unknown, wrong and disabled: one answer (P7).
[[noreturn]] void refuse(app& a) {
    a.count.refused.add();
    throw api_error(401, "invalid_credentials", "The e-mail address or the password is wrong.")
        .with_header("WWW-Authenticate", "Bearer realm=\"mita\"");
}

// Set when the client leaves: its hash is then not begun (L7).
struct departure {
    explicit departure(const http::request& req)
        : watch(req, [f = flag] { f->store(true, std::memory_order_relaxed); }) {}
    hashing::cancel_flag flag = hashing::make_cancel_flag();
    http::gone_watch watch;
};

}  // namespace

// An outdated cost or algorithm is renewed while the password is at hand (P1). When the pool is busy the next login
// tries.
static awaitable<void> renew_hash(http::request& req, app& a, const user& u, secret password) {
    auto spare = a.all.passwords.admit(hashing::job_class::login, app::bucket(req.client_address), req.until);
    if (!spare.place) co_return;
    try {
        auto renewed = co_await a.all.passwords.hash(std::move(*spare.place), std::move(password));
        co_await a.users.replace_hash(u.id, u.password_hash, std::move(renewed), req.until);
    } catch (const std::exception& e) {
        a.all.log.warn("rehash_failed").with("user_id", u.id.str()).with("reason", e.what());
    }
}

// The body's bytes stand in the session's own buffer: whatever comes of the request, its password is wiped there.
struct wiped_body {
    explicit wiped_body(const http::request& req) : bytes(req.body) {}
    ~wiped_body() { OPENSSL_cleanse(const_cast<char*>(bytes.data()), bytes.size()); }
    wiped_body(const wiped_body&) = delete;
    wiped_body& operator=(const wiped_body&) = delete;
    std::string_view bytes;
};

// A new person and a first session. Whether the address is known shows only after the hash, at the price of one.
awaitable<http::response> register_user(http::request& req, app& a) {
    http::refuse_query(req);
    const wiped_body gone(req);
    register_request in(req.body);
    const auto keys = a.signer();
    auto place = a.admit(req, hashing::job_class::register_reset);
    user u;
    u.id = new_uuid();
    u.email = in.email;
    u.display_name = in.display_name;
    u.role = "user";
    u.created_at = wall::now();
    const departure left(req);
    u.password_hash = co_await a.all.passwords.hash(std::move(place), std::move(in.password), left.flag);

    const auto s = session_of(req, u.id, std::string());
    const bool made = co_await a.sessions.register_user(u, s, req.until);
    if (!made) throw api_error(409, "email_taken", "An account with this e-mail address exists.");
    a.count.registered.add();
    const app::grant first{u.id, s.id, u.role, 0, u.created_at, a.all.terms.absolute};
    auto out = http::json(201, to_json(u, a.issue(*keys, first)));
    http::with_header(out, "Location", "/v1/auth/me");
    co_return out;
}

awaitable<http::response> login(http::request& req, app& a) {
    http::refuse_query(req);
    const wiped_body gone(req);
    login_request in(req.body);
    const auto keys = a.signer();
    auto place = a.admit(req, hashing::job_class::login);
    const auto found = co_await a.users.find_by_email(in.email, req.until);
    const bool known = found && found->active();
    secret again = in.password.copy();  // for a rehash; wiped with the frame

    // Unknown, disabled and wrong cost the same and say the same (P7).
    const departure left(req);
    hashing::verdict verdict;
    if (known) {
        verdict =
            co_await a.all.passwords.verify(std::move(place), std::move(in.password), found->password_hash, left.flag);
    } else {
        verdict = co_await a.all.passwords.verify_unknown(std::move(place), std::move(in.password), left.flag);
    }
    if (!known || !verdict.match) refuse(a);

    if (verdict.rehash) {
        co_await renew_hash(req, a, *found, std::move(again));
    }

    const auto s = session_of(req, found->id, in.device_name);
    const auto got = co_await a.sessions.open(s, req.until);
    if (!got.done) refuse(a);  // disabled or deleted while the password was checked
    if (got.revocation != 0) {
        co_await a.all.hub->settle(a.on.get_executor(), got.revocation);
    }
    a.count.ok.add();
    const app::grant first{found->id, s.id, got.scope, 0, wall::now(), a.all.terms.absolute};
    co_return http::json(200, to_json(*found, a.issue(*keys, first)));
}

}  // namespace mita::auth

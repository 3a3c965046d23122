// Wiring of the auth service: `shared` is one per process and thread-safe; `app` is one per worker and owns what
// belongs to its thread. Constructors only; what happens is in handlers/.
#pragma once

#include "auth/audit/audit_trail.hpp"
#include "auth/clients/client_store.hpp"
#include "auth/clients/server_metadata.hpp"
#include "auth/factors/factor_secrets.hpp"
#include "auth/factors/factor_store.hpp"
#include "auth/factors/pending_login_store.hpp"
#include "auth/hashing/password_hasher.hpp"
#include "auth/hashing/pool.hpp"
#include "auth/keys/key_ring.hpp"
#include "auth/keys/vault.hpp"
#include "auth/mail/mail_store.hpp"
#include "auth/passkeys/passkey_store.hpp"
#include "auth/people/credential_store.hpp"
#include "auth/people/user_store.hpp"
#include "auth/revocation/revocation_hub.hpp"
#include "auth/sessions/refresh_token.hpp"
#include "auth/sessions/session_json.hpp"
#include "auth/sessions/session_store.hpp"
#include "auth/settings.hpp"
#include "auth/throttle/attempt.hpp"
#include "auth/webauthn/challenge.hpp"
#include "core/log.hpp"
#include "core/metrics.hpp"
#include "core/runtime.hpp"
#include "core/vitals.hpp"
#include "db/health.hpp"
#include "db/pool.hpp"
#include "http/cursor.hpp"
#include "http/message.hpp"
#include "http/router.hpp"
#include "jwt/revocations.hpp"
#include "jwt/validator.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mita::auth {

struct app;

struct shared {
    shared(settings s, std::vector<setting> shown, runtime& rt, logger& to);

    settings set;
    runtime& loops;
    logger& log;
    metrics::registry metrics;
    vitals vital;
    db::schema_watch schema;
    vault keys;
    factor_secrets factors;
    refresh_tokens refresh;
    http::cursor_seal cursors;
    secret throttle_key;
    passkey_challenges challenges;
    key_ring ring;
    session_terms terms;
    hashing::pool lanes;
    hashing::password_hasher passwords;
    audit_trail trail;
    jwt::revocations revoked;
    jwt::validator tokens, service_tokens;  // of people; of services
    server_document metadata;
    std::shared_ptr<revocation_hub> hub;  // set when worker 0's app is made
    std::vector<app*> apps;               // by worker, for health
};

struct app {
    app(shared& all, worker& on);

    // http::dispatcher's concept.
    awaitable<void> authenticate(http::request& req, http::access need);
    static std::optional<api_error> explain(const std::exception& e);

    // A problem of the token endpoints has OAuth's two members beside those of every problem (RFC 6749 5.2, 6750 3.1).
    static void add_oauth(http::response& problem, const http::request& req, const api_error& e);

    // 0..: a fairness bucket of the client's address, its /24 or /64 (L4, L6).
    static std::uint64_t bucket(std::string_view address);

    // Whose credentials they are; else 401 invalid_client, or 429 where too many were wrong.
    awaitable<client> require_client(const http::request& req, std::string id, secret password);

    // Admission before the account is looked up, so that a refusal tells nothing (L6). Throws overloaded.
    hashing::ticket admit(const http::request& req, hashing::job_class kind);

    // Before a hash is made for somebody who claims to have this address (canonical). Throws as attempt::begin.
    awaitable<attempt> try_at(const http::request& req, std::string address_key);

    // Queues a mail that a stranger or a person asked for, as often as an address and a network may (429). Throws
    // overloaded when the queue is full.
    awaitable<void> ask_mail(const http::request& req, mail_request what);

    // An event of the audit trail (A2). subject: whom it concerns, when that is known.
    void note(const http::request& req, std::string_view action, std::string_view result,
              std::optional<uuid> subject = std::nullopt);

    // Likewise, of somebody who is gone and from nowhere.
    void note_of_nobody(std::string_view action, std::string_view result, uuid subject);

    // What signs. Throws overloaded while no signing key is loaded: asked for before a session is written.
    std::shared_ptr<const key_snapshot> signer() const;
    struct grant {
        uuid user_id, session_id;
        std::string scope;
        std::int64_t counter = 0;  // the generation
        wall::time_point auth_time;
        std::string amr;               // methods, a space between
        std::chrono::seconds left{0};  // until the session's absolute end: the access token ends by then
    };
    tokens issue(const key_snapshot& with, const grant& g);

    bool ready() const;
    awaitable<health_report> health();  // on worker 0

    shared& all;
    worker& on;
    db::pool db;
    db::probe db_probe;
    user_store users;
    session_store sessions;
    credential_store credentials;
    mail_store mails;
    factor_store factors;
    pending_login_store pending;
    passkey_store passkeys;

    struct {
        metrics::counter &ok, &refused, &shed, &registered;
        metrics::counter& issued;
        metrics::counter &rotated, &repeated, &reused, &dead;
    } count;

private:
    // access::service: the header's Basic credentials, or a token that this service issued to a service.
    awaitable<void> authenticate_service(http::request& req);
};

}  // namespace mita::auth

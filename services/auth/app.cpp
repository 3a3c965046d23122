#include "auth/app.hpp"

#include "auth/clients/basic.hpp"
#include "auth/clients/client_check.hpp"
#include "auth/clients/service_token.hpp"
#include "auth/live_settings.hpp"
#include "auth/migrations.hpp"
#include "cache/report.hpp"
#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/utf8.hpp"
#include "db/explain.hpp"
#include "jwt/bearer.hpp"
#include "jwt/methods.hpp"
#include "jwt/token.hpp"
#include "jwt/trust.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <utility>

namespace mita::auth {

namespace {

constexpr std::size_t services_cache = 256 << 10;  // they are few

hashing::pepper_ring peppers_of(const vault& keys) {
    hashing::pepper_ring ring;
    ring.add("1", keys.derive("mita auth pepper"));
    return ring;
}

hashing::pool_options with_instruments(hashing::pool_options o, metrics::registry& r) {
    o.times = hashing::make_instruments(r);
    return o;
}

session_terms terms_of(const settings& s) {
    session_terms t;
    t.access_ttl = s.access_ttl;
    t.idle = s.refresh_idle;
    t.absolute = s.refresh_absolute;
    t.max_sessions = s.max_sessions;
    return t;
}

jwt::validator_options of_services(const settings& s) {
    auto o = jwt::options_of(s, services_cache);
    o.rules.audience = s.service_audience;
    o.rules.typ = service_token_type;
    return o;
}

}  // namespace

shared::shared(settings s, std::vector<setting> shown, runtime& rt, logger& to)
    : set(std::move(s)),
      loops(rt),
      log(to),
      vital("auth", set, std::move(shown), rt, log, metrics),
      schema(migrations().back().number),
      keys(set.keys.make_vault()),
      factors(keys),
      refresh(keys),
      cursors(keys.derive("mita auth list cursor")),
      throttle_key(keys.derive("mita auth throttle")),
      challenges(keys.derive("mita auth passkey challenge")),
      ring(keys, set.keys.algorithm),
      terms(terms_of(set)),
      lanes(with_instruments(set.hashing, metrics)),
      passwords(lanes, set.passwords, peppers_of(keys), hashing::bcrypt::allow_x::yes),  // imports flagged as such
      trail(metrics, log, set.audit_queue),
      tokens(jwt::options_of(set, set.token_cache_bytes), revoked, nullptr),
      service_tokens(of_services(set), revoked, nullptr),
      metadata(describe_server(set.issuer)) {
    cache::export_stats(metrics, "token", [this] { return tokens.cache_stats(); });
    jwt::export_revocation_lag(metrics, "auth", revoked);
    const auto kernel = lanes.kernel();
    if (kernel.degraded)
        log.error("hash_kernel_degraded").with("reason", kernel.message).with("fallback", kernel.fallback);
}

app::app(shared& all_, worker& on_)
    : all(all_),
      on(on_),
      db(on_.get_executor(), all_.set.database.options(), all_.log, all_.metrics),
      db_probe(on_.get_executor(), db),
      users(db),
      sessions(db, all_.terms),
      credentials(db, sessions.tokens_live()),
      mails(db),
      factors(db, sessions.tokens_live()),
      pending(db, all_.terms, sessions.tokens_live()),
      passkeys(db, all_.terms, sessions.tokens_live()),
      count{all_.metrics.make_counter("mita_auth_logins_total", "Logins by result", {{"result", "ok"}}),
            all_.metrics.make_counter("mita_auth_logins_total", "Logins by result", {{"result", "refused"}}),
            all_.metrics.make_counter("mita_auth_logins_total", "Logins by result", {{"result", "shed"}}),
            all_.metrics.make_counter("mita_auth_logins_total", "Logins by result", {{"result", "registered"}}),
            all_.metrics.make_counter("mita_auth_tokens_issued_total", "Access tokens issued"),
            all_.metrics.make_counter("mita_auth_refresh_total", "Refreshes by outcome", {{"outcome", "rotated"}}),
            all_.metrics.make_counter("mita_auth_refresh_total", "Refreshes by outcome", {{"outcome", "repeated"}}),
            all_.metrics.make_counter("mita_auth_refresh_total", "Refreshes by outcome", {{"outcome", "reused"}}),
            all_.metrics.make_counter("mita_auth_refresh_total", "Refreshes by outcome", {{"outcome", "dead"}})} {}

awaitable<void> app::authenticate(http::request& req, http::access need) {
    if (need == http::access::service) {
        co_await authenticate_service(req);
        co_return;
    }
    const bool sensitive = need == http::access::recent;  // closed while revocations cannot be read (C7)
    co_await jwt::authenticate(all.tokens, req, need, all.set.internal_token, secret(), sensitive);
}

awaitable<client> app::require_client(const http::request& req, std::string id, secret password) {
    auto checked = co_await check_client(db, all.log, std::move(id), std::move(password),
                                         std::string(req.client_address), req.until);
    if (!checked.is) {
        note(req, "client", "refused", checked.of);
        refuse_client();
    }
    co_return std::move(*checked.is);
}

awaitable<void> app::authenticate_service(http::request& req) {
    const auto shown = req.headers.value("Authorization");
    if (!http::iequals(shown.substr(0, shown.find(' ')), "Basic")) {
        co_await jwt::authenticate(all.service_tokens, req, http::access::service, all.set.internal_token, secret());
        co_return;
    }
    auto basic = read_basic(shown);
    if (!basic) refuse_client();
    const auto c = co_await require_client(req, std::move(basic->id), std::move(basic->password));
    auto who = std::make_shared<principal>();
    who->user_id = c.id;
    who->session_id = c.session;
    who->client_id = c.id.str();
    who->scope = "service " + c.scope;
    req.who = std::move(who);
}

std::optional<api_error> app::explain(const std::exception& e) { return db::explain(e); }

std::uint64_t app::bucket(std::string_view address) {
    error_code ec;
    const auto a = asio::ip::make_address(std::string(address), ec);
    if (ec) return 0;
    if (a.is_v4()) return a.to_v4().to_uint() >> 8;
    const auto b = a.to_v6().to_bytes();
    std::uint64_t out = 0;
    for (std::size_t i = 0; i < 8; ++i) out = out << 8 | b[i];
    return out;
}

hashing::ticket app::admit(const http::request& req, hashing::job_class kind) {
    auto place = all.passwords.admit(kind, bucket(req.client_address), req.until.capped(live(all.set.login_budget)));
    if (!place.place) {
        count.shed.add();
        throw overloaded("password hashing is at its limit", std::max(1U, place.retry_after));
    }
    return std::move(*place.place);
}

awaitable<attempt> app::try_at(const http::request& req, std::string address_key) {
    auto key = attempt_at(all.throttle_key, address_key, req.client_address);
    auto begun = co_await attempt::begin(db, all.log, std::move(key), req.until);
    co_return begun;
}

awaitable<void> app::ask_mail(const http::request& req, mail_request what) {
    const auto whose = what.user_id ? what.user_id->str() : what.recipient_key;
    const auto key = attempt_at(all.throttle_key, whose, req.client_address);
    const auto got = co_await mails.ask_sparingly(std::move(what), *key.account, key.network, req.until);
    if (got.full) throw overloaded("the queue of mails is full", 60);
    if (got.wait_s > 0)
        throw api_error(429, "rate_limited", "Too many mails were asked for: wait before the next one.")
            .with_header("Retry-After", std::to_string(got.wait_s));
}

void app::note(const http::request& req, std::string_view action, std::string_view result,
               std::optional<uuid> subject) {
    audit_event e;
    e.id = new_uuid();
    e.at = wall::now();
    e.action = action;
    e.result = result;
    if (req.who) e.actor = req.who->user_id;
    e.subject = subject;
    e.ip = req.client_address;
    e.user_agent = utf8::repaired(req.headers.value("User-Agent"), 300);
    e.request_id = req.id;
    all.trail.note(std::move(e));
}

void app::note_of_nobody(std::string_view action, std::string_view result, uuid subject) {
    audit_event e;
    e.id = new_uuid();
    e.at = wall::now();
    e.action = action;
    e.result = result;
    e.actor = subject;
    e.subject = subject;
    all.trail.note(std::move(e));
}

std::shared_ptr<const key_snapshot> app::signer() const {
    auto keys = all.ring.now();
    if (!keys) throw overloaded("no signing key is loaded yet");
    return keys;
}

tokens app::issue(const key_snapshot& with, const grant& g) {
    const auto lives = std::min(all.set.access_ttl, g.left);
    jwt::claims c;
    c.who.user_id = g.user_id;
    c.who.session_id = g.session_id;
    c.who.client_id = "mita";
    c.who.scope = g.scope;
    c.who.auth_time = std::chrono::duration_cast<std::chrono::seconds>(g.auth_time.time_since_epoch()).count();
    c.issued_at = wall::unix_seconds();
    c.who.expires_at = c.issued_at + lives.count();
    c.jti = new_uuid();
    c.issuer = all.set.issuer;
    c.audience = all.set.audience;
    tokens out;
    out.access_token = jwt::issue_with_methods(c, g.amr, with.signer);
    out.refresh_token = all.refresh.make(refresh_claim{g.session_id, g.counter});
    out.expires_in = lives.count();
    count.issued.add();
    return out;
}

bool app::ready() const {
    const bool connected = std::all_of(all.apps.begin(), all.apps.end(), [](const app* a) { return a->db.ready(); });
    return !all.loops.stopping() && connected && all.schema.ready() && all.tokens.can_judge();
}

}  // namespace mita::auth

#include "auth/sessions/session_store.hpp"

#include "auth/people/text.hpp"
#include "core/clock.hpp"
#include "http/page.hpp"

#include <utility>

namespace mita::auth {

namespace {

using std::chrono::seconds;

constexpr seconds grace{10};

// $1 user id, $2 email, $3 email_norm, $4 display_name, $5 hash, $6 now; $7 session id, $8 device, $9 agent, $10 ip,
// $11 idle, $12 absolute
constexpr db::statement insert_user_and_session{
    "register_user",
    "with u as (insert into users (id, email, email_norm, display_name, password_hash, created_at, updated_at)"
    " values ($1, $2, $3, $4, $5, $6, $6) on conflict (email_norm) do nothing returning id)"
    " insert into sessions (id, user_id, rotated_at, created_at, last_seen_at, auth_time, device_name, user_agent, ip,"
    " idle_expires_at, absolute_expires_at) select $7, u.id, $6, $6, $6, $6, $8, $9, $10, $11, $12 from u"};

// The cap counts the new session: the oldest live ones beyond $9 - 1 end here.
constexpr db::statement insert_session{
    "session_open",
    "with dropped as (update sessions set revoked_at = $3, revoked_reason = 'session_cap' where id in"
    " (select id from sessions where user_id = $2 and revoked_at is null and idle_expires_at > $3"
    " order by created_at desc, id desc offset $9 - 1) returning id),"
    " opened as (insert into sessions (id, user_id, rotated_at, created_at, last_seen_at, auth_time, device_name, "
    "user_agent, ip,"
    " idle_expires_at, absolute_expires_at) values ($1, $2, $3, $3, $3, $3, $4, $5, $6, $7, $8))"
    " select publish_revocations('session', coalesce(array_agg(id::text), '{}'), null, $10, $3) from dropped"};

constexpr db::statement rotate{
    "session_rotate",
    "update sessions s set counter = s.counter + 1, rotated_at = $3, last_seen_at = $3,"
    " idle_expires_at = least($4, s.absolute_expires_at) from users u"
    " where s.id = $1 and s.counter = $2 and s.revoked_at is null and s.idle_expires_at > $3 and s.absolute_expires_at "
    "> $3"
    " and u.id = s.user_id and u.status = 'active' returning s.user_id, u.role, s.counter, s.auth_time"};

constexpr db::statement look{
    "session_look",
    "select s.user_id, u.role, s.counter, s.auth_time, s.rotated_at,"
    " s.revoked_at is null and s.idle_expires_at > $2 and s.absolute_expires_at > $2 and u.status = 'active'"
    " from sessions s join users u on u.id = s.user_id where s.id = $1",
    db::sync::shared};

constexpr db::statement list_live{
    "session_list",
    "select id, device_name, user_agent, ip, created_at, last_seen_at from sessions where user_id = $1 and revoked_at "
    "is null"
    " and idle_expires_at > $2 and absolute_expires_at > $2 order by created_at desc, id desc limit 1000"};

constexpr db::statement end_one{"session_end",
                                "with dead as (update sessions set revoked_at = $3, revoked_reason = $4 where id = $1 "
                                "and user_id = $2 and revoked_at is null"
                                " returning id) select publish_revocations('session', coalesce(array_agg(id::text), "
                                "'{}'), null, $5, $3) from dead"};

// $5 asks, and must be one of the live ones itself.
constexpr db::statement end_every{
    "session_end_all",
    "with dead as (update sessions set revoked_at = $2, revoked_reason = $3 where user_id = $1 and revoked_at is null"
    " and exists (select from sessions where id = $5 and user_id = $1 and revoked_at is null) returning id) select "
    "publish_revocations('session', coalesce(array_agg(id::text), '{}'), null, $4, $2) from "
    "dead"};

}  // namespace

std::string place_of(const session_row& s) {
    auto place = http::ascending_bytes(s.created_at.time_since_epoch().count());
    place.append(reinterpret_cast<const char*>(s.id.bytes.data()), s.id.bytes.size());
    return http::turned(std::move(place));
}

// An access token of a dead session may live this long; then its revocation may be forgotten.
wall::time_point session_store::forget_after() const { return wall::now() + terms_.access_ttl + seconds(120); }

awaitable<bool> session_store::register_user(user u, new_session s, deadline d) {
    const auto now = u.created_at;  // what the answer says
    const auto norm = folded(u.email);
    const auto rows =
        co_await db_.query(insert_user_and_session, d, u.id, u.email, norm, u.display_name, u.password_hash, now, s.id,
                           s.device_name, s.user_agent, s.ip, now + terms_.idle, now + terms_.absolute);
    co_return rows.affected() == 1;
}

awaitable<void> session_store::open(new_session s, deadline d) {
    const auto now = wall::now();
    co_await db_.query(insert_session, d, s.id, s.user_id, now, s.device_name, s.user_agent, s.ip, now + terms_.idle,
                       now + terms_.absolute, terms_.max_sessions, forget_after());
}

awaitable<refreshed> session_store::refresh(uuid id, std::int64_t counter, deadline d) {
    const auto now = wall::now();
    const auto rows = co_await db_.query(rotate, d, id, counter, now, now + terms_.idle);
    if (rows.empty()) {
        auto seen = co_await classify(id, counter, d);
        co_return seen;
    }
    refreshed out;
    out.outcome = refresh_outcome::rotated;
    out.user_id = rows.front().get<uuid>(0);
    out.role = rows.front().get<std::string>(1);
    out.counter = rows.front().get<std::int64_t>(2);
    out.auth_time = rows.front().get<wall::time_point>(3);
    co_return out;
}

// The update found nothing: a twin was faster, the token was used before, or the session is over.
awaitable<refreshed> session_store::classify(uuid id, std::int64_t counter, deadline d) {
    const auto now = wall::now();
    const auto rows = co_await db_.query(look, d, id, now);
    refreshed out;
    if (rows.empty()) co_return out;
    const auto r = rows.front();
    out.user_id = r.get<uuid>(0);
    out.role = r.get<std::string>(1);
    out.counter = r.get<std::int64_t>(2);
    out.auth_time = r.get<wall::time_point>(3);
    const bool live = r.get<bool>(5);
    if (!live) co_return out;
    if (counter > out.counter) {
        out.outcome =
            refresh_outcome::forged;  // a generation never handed out: a restored backup, or somebody has the key
        co_return out;
    }
    const auto rotated_at = r.get<wall::time_point>(4);
    if (counter + 1 == out.counter && now - rotated_at <= grace) {
        out.outcome = refresh_outcome::repeated;
        co_return out;
    }
    if (counter == out.counter) co_return out;  // it expired or was disabled between the two statements
    const auto sequence = co_await end(id, out.user_id, "refresh_reuse", d);
    out.outcome = refresh_outcome::reused;
    out.revocation = sequence.value_or(0);
    co_return out;
}

awaitable<std::vector<session_row>> session_store::list(uuid user_id, deadline d) {
    const auto rows = co_await db_.query_idempotent(list_live, d, user_id, wall::now());
    std::vector<session_row> out;
    for (const auto r : rows) {
        session_row s;
        s.id = r.get<uuid>(0);
        s.user_id = user_id;
        s.device_name = r.get<std::string>(1);
        s.user_agent = r.get<std::string>(2);
        s.ip = r.get<std::string>(3);
        s.created_at = r.get<wall::time_point>(4);
        s.last_seen_at = r.get<wall::time_point>(5);
        out.push_back(std::move(s));
    }
    co_return out;
}

awaitable<std::optional<std::int64_t>> session_store::end(uuid id, uuid user_id, std::string reason, deadline d) {
    const auto rows = co_await db_.query(end_one, d, id, user_id, wall::now(), reason, forget_after());
    co_return rows.front().get<std::optional<std::int64_t>>(0);
}

awaitable<std::optional<std::int64_t>> session_store::end_all(uuid user_id, uuid asking, std::string reason,
                                                              deadline d) {
    const auto rows = co_await db_.query(end_every, d, user_id, wall::now(), reason, forget_after(), asking);
    co_return rows.front().get<std::optional<std::int64_t>>(0);
}

}  // namespace mita::auth

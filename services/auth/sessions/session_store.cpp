#include "auth/sessions/session_store.hpp"

#include "auth/mail/mail_store.hpp"
#include "auth/people/address.hpp"
#include "auth/people/turn.hpp"
#include "auth/revocation/judging_clock_store.hpp"
#include "core/clock.hpp"
#include "http/page.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace mita::auth {

namespace {

using std::chrono::seconds;

constexpr std::int64_t grace_s = 10;

// $1 user id, $2 email, $3 email_norm, $4 display_name, $5 hash, $6 now; $7 session id, $8 device, $9 agent, $10 ip,
// $11 idle, $12 absolute, $13 moved, $14 what the address was compared by before: taken as well until it is settled,
// $15 language
constexpr db::statement insert_user_and_session{
    "register_user",
    "with at as materialized (select judged_at($13) as now), u as (insert into users (id, email, email_norm, "
    "display_name, password_hash, created_at, updated_at, address_form, language)"
    " select $1, $2, $3, $4, $5, $6, $6, 2, $15 where not exists (select from users where email_norm = $14 and "
    "address_form "
    "= 1) on conflict (email_norm) do nothing returning id)"
    " insert into sessions (id, user_id, rotated_at, created_at, last_seen_at, auth_time, device_name, user_agent, ip,"
    " idle_expires_at, absolute_expires_at) select $7, u.id, at.now, $6, $6, $6, $8, $9, $10,"
    " at.now + $11::bigint * interval '1 second', at.now + $12::bigint * interval '1 second' from u, at"};

constexpr db::statement ask_for_proof{
    "register_proof",
    "select queue_mail($1, 'verify_email', email, email_norm, id, language, '', $3, $4, $5) from users where id = $2"};
constexpr db::statement know_network{
    "register_network",
    "insert into known_networks (user_id, network, seen_at) select id, $2, judged_at($3) from users where id = $1"};
constexpr db::statement insert_unproven{"register_unproven",
                                        "select register_unproven($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"};

constexpr db::statement insert_session{"session_open",
                                       "select outcome, granted, revocation from open_session($1, $2, $3, $4, $5, $6, "
                                       "$7, $8, $9, $10, $11, $12, $13, $14)"};

// S7: the scope is what the session holds already and the role still allows.
constexpr db::statement rotate{
    "session_rotate",
    "with at as materialized (select judged_at($3) as now)"
    " update sessions s set counter = s.counter + 1, rotated_at = at.now, last_seen_at = $4,"
    " idle_expires_at = least(at.now + $5::bigint * interval '1 second', s.absolute_expires_at),"
    " scope = narrowed(s.scope, scope_of(u.role)) from users u, at"
    " where s.id = $1 and s.counter = $2 and s.revoked_at is null and s.idle_expires_at > at.now"
    " and s.absolute_expires_at > at.now and u.id = s.user_id and u.status = 'active'"
    " returning s.user_id, s.scope, s.counter, s.auth_time,"
    " floor(extract(epoch from s.absolute_expires_at - at.now))::bigint, s.amr"};

constexpr db::statement look_at_session{
    "session_look",
    "select s.user_id, narrowed(s.scope, scope_of(u.role)), s.counter, s.auth_time,"
    " floor(extract(epoch from s.absolute_expires_at - at.now))::bigint, s.amr,"
    " s.revoked_at is null and s.idle_expires_at > at.now and s.absolute_expires_at > at.now and u.status = 'active',"
    " at.now - s.rotated_at <= $3::bigint * interval '1 second'"
    " from (select judged_at($2) as now) at, sessions s join users u on u.id = s.user_id where s.id = $1",
    db::sync::shared};

constexpr db::statement list_live{
    "session_list",
    "select id, device_name, user_agent, ip, created_at, last_seen_at from sessions, (select judged_at($2) as now) at"
    " where user_id = $1 and revoked_at is null and idle_expires_at > at.now and absolute_expires_at > at.now"
    " order by created_at desc, id desc limit 1000"};

constexpr db::statement end_one{
    "session_end",
    "with at as materialized (select judged_at($5) as now),"
    " dead as (update sessions set revoked_at = at.now, revoked_reason = $4 from at"
    " where id = $1 and ($2::uuid is null or user_id = $2) and revoked_at is null returning id)"
    " select publish_revocations('session', (select coalesce(array_agg(id::text), '{}') from dead), null,"
    " at.now + $6::bigint * interval '1 second', $3) from at"};

// $5 asks, and must be one of the live ones itself. Locked in the order in which open_session() locks.
constexpr db::statement end_every{
    "session_end_all",
    "with at as materialized (select judged_at($6) as now),"
    " alive as (select id from sessions where user_id = $1 and revoked_at is null and exists"
    " (select from sessions where id = $5 and user_id = $1 and revoked_at is null) order by id for update),"
    " dead as (update sessions set revoked_at = at.now, revoked_reason = $3 from at"
    " where id in (select id from alive) and revoked_at is null returning id)"
    " select publish_revocations('session', (select coalesce(array_agg(id::text), '{}') from dead), null,"
    " at.now + $4::bigint * interval '1 second', $2) from at"};

// A step of the job that deletes what has ended: it looks at $3 rows from $1 on, by key, and passes what others hold.
constexpr db::statement sweep_step{
    "session_sweep",
    "with at as materialized (select judged_at($2) - $4::bigint * interval '1 second' as then),"
    " batch as materialized (select id from sessions where id > $1 order by id limit $3),"
    " over as (select s.id from sessions s, at where s.id in (select id from batch)"
    " and least(coalesce(s.revoked_at, 'infinity'), s.idle_expires_at, s.absolute_expires_at) < at.then"
    " order by s.id for update of s skip locked),"
    " gone as (delete from sessions where id in (select id from over) returning 1)"
    " select (select count(*) from gone), (select count(*) from batch), (select id from batch order by id desc limit "
    "1)"};

}  // namespace

std::string place_of(const session_row& s) {
    auto place = http::ascending_bytes(s.created_at.time_since_epoch().count());
    place.append(reinterpret_cast<const char*>(s.id.bytes.data()), s.id.bytes.size());
    return http::turned(std::move(place));
}

awaitable<bool> session_store::register_user(user u, new_session s, deadline d) {
    const auto now = u.created_at;  // what the answer says
    const auto norm = canonical_address(u.email);
    if (!norm) throw std::invalid_argument("register_user: an address without a canonical form");
    const auto former = former_form(u.email);
    const auto moved = co_await clock_moved(db_, d);
    db::batch all;
    all.add(insert_user_and_session, u.id, u.email, *norm, u.display_name, u.password_hash, now, s.id, s.device_name,
            s.user_agent, s.ip, terms_.idle.count(), terms_.absolute.count(), moved, former, u.language);
    all.add(ask_for_proof, new_uuid(), u.id, mail_store::kept.count(), mail_store::most, moved);
    all.add(know_network, u.id, s.network, moved);
    const auto done = co_await db_.run_batch(std::move(all), d);
    co_return done.front().affected() == 1;
}

awaitable<bool> session_store::register_unproven(user u, deadline d) {
    const auto norm = canonical_address(u.email);
    if (!norm) throw std::invalid_argument("register_unproven: an address without a canonical form");
    const auto former = former_form(u.email);
    const auto moved = co_await clock_moved(db_, d);
    const auto rows =
        co_await db_.query(insert_unproven, d, u.id, u.email, *norm, former, u.display_name, u.password_hash,
                           u.language, new_uuid(), mail_store::kept.count(), mail_store::most, moved, u.created_at);
    co_return rows.front().get<bool>(0);
}

awaitable<opened> session_store::open(new_session s, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    turn mine(d);
    for (;;) {
        const auto rows = co_await db_.query(insert_session, d, s.id, s.user_id, s.epoch, terms_.max_sessions,
                                             terms_.idle.count(), terms_.absolute.count(), tokens_live_s(), moved,
                                             s.device_name, s.user_agent, s.ip, wall::now(), s.amr, s.instead_of);
        const auto r = rows.front();
        const auto outcome = r.get<std::string>(0);
        opened out;
        out.done = outcome == "opened";
        if (out.done) out.scope = r.get<std::string>(1);
        if (out.done) out.revocation = r.get<std::optional<std::int64_t>>(2).value_or(0);
        if (outcome != "busy") co_return out;
        co_await mine.wait();
    }
}

awaitable<refreshed> session_store::refresh(uuid id, std::int64_t counter, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const auto rows = co_await db_.query(rotate, d, id, counter, moved, wall::now(), terms_.idle.count());
    if (rows.empty()) {
        auto seen = co_await classify(id, counter, moved, d);
        co_return seen;
    }
    refreshed out = read_refreshed(rows.front());
    out.outcome = refresh_outcome::rotated;
    co_return out;
}

refreshed session_store::read_refreshed(const db::row& r) {
    refreshed out;
    out.user_id = r.get<uuid>(0);
    out.scope = r.get<std::string>(1);
    out.counter = r.get<std::int64_t>(2);
    out.auth_time = r.get<wall::time_point>(3);
    out.left = seconds(r.get<std::int64_t>(4));
    out.amr = r.get<std::string>(5);
    return out;
}

// The update found nothing: a twin was faster, the token was used before, or the session is over.
awaitable<refreshed> session_store::classify(uuid id, std::int64_t counter, std::int64_t moved, deadline d) {
    const auto rows = co_await db_.query(look_at_session, d, id, moved, grace_s);
    if (rows.empty()) co_return refreshed();
    const auto r = rows.front();
    refreshed out = read_refreshed(r);
    const bool live = r.get<bool>(6);
    if (!live) co_return out;
    if (counter > out.counter) {
        out.outcome =
            refresh_outcome::forged;  // a generation never handed out: a restored backup, or somebody has the key
        co_return out;
    }
    const bool in_grace = r.get<bool>(7);
    if (counter + 1 == out.counter && in_grace) {
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
    const auto moved = co_await clock_moved(db_, d);
    const auto rows = co_await db_.query_idempotent(list_live, d, user_id, moved);
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

awaitable<std::optional<std::int64_t>> session_store::end(uuid id, std::optional<uuid> user_id, std::string reason,
                                                          deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const auto rows = co_await db_.query(end_one, d, id, user_id, wall::now(), reason, moved, tokens_live_s());
    co_return rows.front().get<std::optional<std::int64_t>>(0);
}

awaitable<std::optional<std::int64_t>> session_store::end_all(uuid user_id, uuid asking, std::string reason,
                                                              deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const auto rows = co_await db_.query(end_every, d, user_id, wall::now(), reason, tokens_live_s(), asking, moved);
    co_return rows.front().get<std::optional<std::int64_t>>(0);
}

awaitable<swept> session_store::sweep(uuid after, unsigned at_most, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const auto rows = co_await db_.query(sweep_step, d, after, moved, at_most, tokens_live_s());
    const auto r = rows.front();
    swept out;
    out.deleted = r.get<std::int64_t>(0);
    if (r.get<std::int64_t>(1) == at_most) out.next = r.get<std::optional<uuid>>(2);
    co_return out;
}

}  // namespace mita::auth

#include "auth/passkeys/passkey_store.hpp"

#include "auth/mail/mail_store.hpp"
#include "auth/people/turn.hpp"
#include "auth/revocation/judging_clock_store.hpp"
#include "core/clock.hpp"
#include "db/columns.hpp"

#include <openssl/sha.h>

namespace mita::auth {

namespace {

// Kept for longer than a challenge is good by any clock.
constexpr db::statement use{
    "passkey_challenge",
    "with at as materialized (select judged_at($2) as now)"
    " insert into one_time_tokens (hash, purpose, bound, created_at, expires_at, used_at)"
    " select $1, 'passkey', '', at.now, at.now + interval '1 hour', at.now from at on conflict (hash) do nothing"};
constexpr auto columns = db::join(
    "select id, user_id, credential_id, public_key, counter, transports, name, backed_up, created_at, last_used_at"
    " from passkeys");
constexpr auto of_person_sql = db::join(columns, " where user_id = $1 order by id");
constexpr auto by_credential_sql = db::join(columns, " where credential_id = $1");
constexpr db::statement of_person{"passkeys_of", of_person_sql};
constexpr db::statement by_credential{"passkey_find", by_credential_sql};
constexpr db::statement put_passkey{
    "passkey_add",
    "select outcome, revocation, first from add_passkey($1, $2, $3, $4, $5, $6, $7, $8, $9,"
    " $10, $11, $12, $13, $14, $15, $16, $17)"};
constexpr db::statement take_away{"passkey_remove",
                                  "select outcome, revocation from remove_passkey($1, $2, $3, $4, $5, $6, $7, $8, $9)"};
constexpr db::statement open_session{"passkey_open",
                                     "select outcome, granted, revocation from open_session_by_passkey($1, $2, $3, $4,"
                                     " $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)"};

passkey read(const db::row& r) {
    db::columns c(r);
    passkey p;
    p.id = c.next<uuid>();
    p.user_id = c.next<uuid>();
    p.credential_id = c.next<std::string>();
    p.public_key = c.next<std::string>();
    p.counter = c.next<std::int64_t>();
    p.transports = c.next<std::string>();
    p.name = c.next<std::string>();
    p.backed_up = c.next<bool>();
    p.created_at = c.next<wall::time_point>();
    p.last_used_at = c.next<std::optional<wall::time_point>>();
    return p;
}

}  // namespace

awaitable<bool> passkey_store::use_challenge(std::string challenge, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    std::string hash(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(challenge.data()), challenge.size(),
           reinterpret_cast<unsigned char*>(hash.data()));
    const db::bytes bytes{hash};
    const auto rows = co_await db_.query(use, d, bytes, moved);
    co_return rows.affected() == 1;
}

awaitable<std::vector<passkey>> passkey_store::list(uuid user_id, deadline d) {
    const auto rows = co_await db_.query_idempotent(of_person, d, user_id);
    std::vector<passkey> out;
    for (const auto r : rows) out.push_back(read(r));
    co_return out;
}

awaitable<std::optional<passkey>> passkey_store::find(std::string credential_id, deadline d) {
    const db::bytes bytes{credential_id};
    const auto rows = co_await db_.query_idempotent(by_credential, d, bytes);
    if (rows.empty()) co_return std::nullopt;
    co_return read(rows.front());
}

awaitable<passkey_store::add_result> passkey_store::add(passkey p, uuid keep, std::vector<std::string> code_hashes,
                                                        deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    turn mine(d);
    for (;;) {
        const db::bytes credential{p.credential_id}, key{p.public_key};
        const auto rows =
            co_await db_.query(put_passkey, d, p.id, p.user_id, credential, key, p.counter, p.transports, p.name,
                               p.backed_up, most_a_person, keep, code_hashes, new_uuid(), mail_store::kept.count(),
                               mail_store::most, tokens_live_.count(), moved, p.created_at);
        const auto r = rows.front();
        const auto how = r.get<std::string>(0);
        add_result out;
        out.how = how == "done"    ? added::done
                  : how == "taken" ? added::taken
                  : how == "full"  ? added::full
                                   : added::gone;
        if (out.how == added::done) {
            out.revocation = r.get<std::optional<std::int64_t>>(1).value_or(0);
            out.first = r.get<bool>(2);
        }
        if (how != "busy") co_return out;
        co_await mine.wait();
    }
}

awaitable<credential_change> passkey_store::remove(uuid id, uuid user_id, uuid keep, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    turn mine(d);
    for (;;) {
        const auto rows = co_await db_.query(take_away, d, id, user_id, keep, new_uuid(), mail_store::kept.count(),
                                             mail_store::most, tokens_live_.count(), moved, wall::now());
        const auto r = rows.front();
        const auto how = r.get<std::string>(0);
        credential_change out;
        out.user_id = user_id;
        if (how == "done") {
            out.outcome = changed::done;
            out.revocation = r.get<std::optional<std::int64_t>>(1).value_or(0);
        }
        if (how != "busy") co_return out;
        co_await mine.wait();
    }
}

awaitable<opened> passkey_store::open(std::string credential_id, std::int64_t counter, new_session s, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    turn mine(d);
    for (;;) {
        const db::bytes credential{credential_id};
        const auto rows =
            co_await db_.query(open_session, d, credential, counter, s.id, s.user_id, s.epoch, terms_.max_sessions,
                               terms_.idle.count(), terms_.absolute.count(), tokens_live_.count(), moved, s.device_name,
                               s.user_agent, s.ip, wall::now(), s.amr);
        const auto r = rows.front();
        const auto how = r.get<std::string>(0);
        opened out;
        out.done = how == "opened";
        if (out.done) out.scope = r.get<std::string>(1);
        if (out.done) out.revocation = r.get<std::optional<std::int64_t>>(2).value_or(0);
        if (how != "busy") co_return out;
        co_await mine.wait();
    }
}

}  // namespace mita::auth

#include "auth/people/credential_store.hpp"

#include "auth/mail/mail_store.hpp"
#include "auth/people/turn.hpp"
#include "auth/revocation/judging_clock_store.hpp"
#include "core/clock.hpp"

namespace mita::auth {

namespace {

constexpr db::statement by_password{
    "password_change",
    "select outcome, $1::uuid, revocation from change_password($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"};
constexpr db::statement by_reset{
    "password_reset", "select outcome, person, revocation from reset_password($1, $2, $3, $4, $5, $6, $7, $8)"};
constexpr db::statement by_new_address{
    "address_change", "select outcome, person, revocation from change_address($1, $2, $3, $4, $5, $6, $7)"};
constexpr db::statement prove_address{
    "address_verify",
    "with at as materialized (select judged_at($3) as now),"
    " used as (update one_time_tokens t set used_at = at.now from at where t.hash = $1 and t.purpose = 'verify_email'"
    " and t.used_at is null and t.expires_at > at.now returning t.user_id, t.bound)"
    " update users u set email_verified_at = coalesce(u.email_verified_at, $2), updated_at = $2 from used"
    " where u.id = used.user_id and u.email_norm = used.bound and u.status = 'active' returning u.id"};

// Each kind is found behind the one before it in the index of kinds: no more is read than there are kinds.
constexpr db::statement list_kinds{
    "hash_kinds",
    "with recursive kinds as ((select hash_kind(password_hash) as kind from users order by 1 limit 1) union all"
    " select (select hash_kind(u.password_hash) from users u where hash_kind(u.password_hash) > k.kind order by 1"
    " limit 1) from kinds k where k.kind is not null)"
    " select s.one from (select (select u.password_hash from users u where hash_kind(u.password_hash) = k.kind limit 1)"
    " as one from kinds k where k.kind <> '' limit 64) s where s.one is not null"};

// nullopt: not its turn yet.
std::optional<credential_change> read(const db::rows& rows) {
    const auto r = rows.front();
    const auto outcome = r.get<std::string>(0);
    if (outcome == "busy") return std::nullopt;
    credential_change out;
    if (outcome != "done") return out;
    out.outcome = changed::done;
    out.user_id = r.get<uuid>(1);
    out.revocation = r.get<std::optional<std::int64_t>>(2).value_or(0);
    return out;
}

}  // namespace

awaitable<credential_change> credential_store::change_password(uuid user_id, std::string held, std::string fresh,
                                                               uuid keep, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    turn mine(d);
    for (;;) {
        const auto rows =
            co_await db_.query(by_password, d, user_id, held, fresh, keep, new_uuid(), mail_store::kept.count(),
                               mail_store::most, tokens_live_.count(), moved, wall::now());
        const auto done = read(rows);
        if (done) co_return *done;
        co_await mine.wait();
    }
}

awaitable<credential_change> credential_store::reset_password(std::string token_hash, std::string fresh, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    turn mine(d);
    for (;;) {
        const db::bytes hash{token_hash};
        const auto rows = co_await db_.query(by_reset, d, hash, fresh, new_uuid(), mail_store::kept.count(),
                                             mail_store::most, tokens_live_.count(), moved, wall::now());
        const auto done = read(rows);
        if (done) co_return *done;
        co_await mine.wait();
    }
}

awaitable<credential_change> credential_store::change_address(std::string token_hash, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    turn mine(d);
    for (;;) {
        const db::bytes hash{token_hash};
        std::optional<credential_change> done;
        try {
            const auto rows = co_await db_.query(by_new_address, d, hash, new_uuid(), mail_store::kept.count(),
                                                 mail_store::most, tokens_live_.count(), moved, wall::now());
            done = read(rows);
        } catch (const db::error& e) {
            if (!e.is_unique_violation("users_email_unique")) throw;
            done = credential_change();  // somebody registered the address a moment ago
        }
        if (done) co_return *done;
        co_await mine.wait();
    }
}

awaitable<std::optional<uuid>> credential_store::verify_address(std::string token_hash, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const db::bytes hash{token_hash};
    const auto rows = co_await db_.query(prove_address, d, hash, wall::now(), moved);
    if (rows.empty()) co_return std::nullopt;
    co_return rows.front().get<uuid>(0);
}

awaitable<std::vector<std::string>> credential_store::one_of_each_kind(deadline d) {
    const auto rows = co_await db_.query_idempotent(list_kinds, d);
    std::vector<std::string> out;
    for (const auto r : rows) out.push_back(r.get<std::string>(0));
    co_return out;
}

}  // namespace mita::auth

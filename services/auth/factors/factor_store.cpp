#include "auth/factors/factor_store.hpp"

#include "auth/mail/mail_store.hpp"
#include "auth/people/turn.hpp"
#include "auth/revocation/judging_clock_store.hpp"
#include "core/clock.hpp"

namespace mita::auth {

namespace {

constexpr db::statement summary{
    "factors_of",
    "select exists (select from totp_secrets where user_id = $1 and confirmed_at is not null),"
    " (select count(*) from recovery_codes where user_id = $1 and used_at is null),"
    " (select count(*) from passkeys where user_id = $1)"};
constexpr db::statement look_at_factors{
    "totp_look",
    "select sealed, confirmed_at is not null, begun_at > judged_at($2) - interval '1 hour', last_step"
    " from totp_secrets where user_id = $1"};
constexpr db::statement put{
    "totp_begin",
    "insert into totp_secrets as t (user_id, sealed, begun_at) select $1, $2, judged_at($3)"
    " on conflict (user_id) do update set sealed = excluded.sealed, begun_at = excluded.begun_at"
    " where t.confirmed_at is null"};
constexpr db::statement confirm{
    "totp_confirm",
    "select outcome, revocation, first from confirm_totp($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"};
constexpr db::statement remove{"totp_remove",
                               "select outcome, revocation from remove_totp($1, $2, $3, $4, $5, $6, $7, $8)"};
constexpr db::statement renew{"recovery_codes_renew",
                              "select outcome, revocation from renew_recovery_codes($1, $2, $3, $4, $5, $6)"};
constexpr db::statement list_sealed{
    "totp_sealed", "select user_id, sealed from totp_secrets where user_id > $1 order by user_id limit $2"};
constexpr db::statement swap_sealed{"totp_reseal",
                                    "update totp_secrets set sealed = $3 where user_id = $1 and sealed = $2"};

constexpr db::statement forget_begun{
    "totp_prune",
    "delete from totp_secrets where user_id in (select user_id from totp_secrets where confirmed_at is null"
    " and begun_at < judged_at($1) - interval '1 hour' limit $2 for update skip locked)"};

// nullopt: not its turn yet.
std::optional<credential_change> read(const db::rows& rows, const uuid& user_id) {
    const auto r = rows.front();
    const auto outcome = r.get<std::string>(0);
    if (outcome == "busy") return std::nullopt;
    credential_change out;
    if (outcome != "done") return out;
    out.outcome = changed::done;
    out.user_id = user_id;
    out.revocation = r.get<std::optional<std::int64_t>>(1).value_or(0);
    return out;
}

}  // namespace

std::string totp_bound(const uuid& user_id) { return "totp " + user_id.str(); }

awaitable<factor_summary> factor_store::of(uuid user_id, deadline d) {
    const auto rows = co_await db_.query_idempotent(summary, d, user_id);
    const auto r = rows.front();
    factor_summary out;
    out.totp = r.get<bool>(0);
    out.recovery_codes_left = static_cast<int>(r.get<std::int64_t>(1));
    out.passkeys = static_cast<int>(r.get<std::int64_t>(2));
    co_return out;
}

awaitable<std::optional<totp_state>> factor_store::totp_of(uuid user_id, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const auto rows = co_await db_.query_idempotent(look_at_factors, d, user_id, moved);
    if (rows.empty()) co_return std::nullopt;
    const auto r = rows.front();
    totp_state out;
    out.sealed = r.get<std::string>(0);
    out.confirmed = r.get<bool>(1);
    out.fresh = r.get<bool>(2);
    out.last_step = r.get<std::int64_t>(3);
    co_return out;
}

awaitable<bool> factor_store::begin_totp(uuid user_id, std::string sealed, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const db::bytes bytes{sealed};
    const auto rows = co_await db_.query(put, d, user_id, bytes, moved);
    co_return rows.affected() == 1;
}

awaitable<factor_store::confirmed> factor_store::confirm_totp(uuid user_id, std::string sealed, std::int64_t step,
                                                              uuid keep, std::vector<std::string> code_hashes,
                                                              deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    turn mine(d);
    for (;;) {
        const db::bytes bytes{sealed};
        const auto rows =
            co_await db_.query(confirm, d, user_id, bytes, step, keep, code_hashes, new_uuid(),
                               mail_store::kept.count(), mail_store::most, tokens_live_.count(), moved, wall::now());
        const auto done = read(rows, user_id);
        if (done) {
            confirmed out;
            static_cast<credential_change&>(out) = *done;
            out.first = rows.front().get<bool>(2);
            co_return out;
        }
        co_await mine.wait();
    }
}

awaitable<credential_change> factor_store::remove_totp(uuid user_id, uuid keep, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    turn mine(d);
    for (;;) {
        const auto rows = co_await db_.query(remove, d, user_id, keep, new_uuid(), mail_store::kept.count(),
                                             mail_store::most, tokens_live_.count(), moved, wall::now());
        const auto done = read(rows, user_id);
        if (done) co_return *done;
        co_await mine.wait();
    }
}

awaitable<credential_change> factor_store::renew_recovery_codes(uuid user_id, std::vector<std::string> code_hashes,
                                                                deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    turn mine(d);
    for (;;) {
        const auto rows = co_await db_.query(renew, d, user_id, code_hashes, new_uuid(), mail_store::kept.count(),
                                             mail_store::most, moved);
        const auto done = read(rows, user_id);
        if (done) co_return *done;
        co_await mine.wait();
    }
}

awaitable<std::vector<sealed_totp>> factor_store::sealed_after(uuid after, int limit, deadline d) {
    const auto rows = co_await db_.query_idempotent(list_sealed, d, after, limit);
    std::vector<sealed_totp> out;
    for (const auto r : rows) {
        sealed_totp s;
        s.user_id = r.get<uuid>(0);
        s.sealed = r.get<std::string>(1);
        out.push_back(std::move(s));
    }
    co_return out;
}

awaitable<bool> factor_store::replace_sealed(uuid user_id, std::string was, std::string now, deadline d) {
    const db::bytes before{was}, after{now};
    const auto rows = co_await db_.query(swap_sealed, d, user_id, before, after);
    co_return rows.affected() == 1;
}

awaitable<std::int64_t> factor_store::prune_begun(unsigned at_most, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const auto rows = co_await db_.query(forget_begun, d, moved, at_most);
    co_return rows.affected();
}

}  // namespace mita::auth

#include "auth/invitations/invitation_store.hpp"

#include "auth/mail/mail_store.hpp"
#include "auth/one_time/one_time_token.hpp"
#include "auth/people/address.hpp"
#include "auth/revocation/judging_clock_store.hpp"
#include "core/clock.hpp"
#include "db/columns.hpp"

#include <stdexcept>

namespace mita::auth {

namespace {

constexpr std::string_view prefix = "min_";

constexpr db::statement insert{"invitation_add",
                               "insert into invitations (id, hash, address_key, invited_by, created_at, expires_at, "
                               "lives_s)"
                               " select $1, $2, $3, $4, $5, judged_at($6) + $7::bigint * interval '1 second', $7"};
constexpr db::statement living{
    "invitation_list",
    "select id, address_key, invited_by, created_at, created_at + lives_s * interval '1 second'"
    " from invitations"
    " where used_at is null and expires_at > judged_at($1) order by id desc limit 10000"};
constexpr db::statement drop{
    "invitation_revoke", "delete from invitations where id = $1 and used_at is null and expires_at > judged_at($2)"};
constexpr db::statement look{"invitation_look",
                             "select id from invitations where hash = $1 and used_at is null and expires_at > "
                             "judged_at($3) and (address_key is null or address_key = $2)",
                             db::sync::shared};
constexpr db::statement use_up{"register_invited",
                               "select register_invited($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, "
                               "$15, $16, $17, $18, $19, $20)"};
constexpr db::statement forget{
    "invitation_prune",
    "delete from invitations where id in (select id from invitations where expires_at < "
    "judged_at($1) - interval '30 days' order by expires_at limit $2 for update skip locked)"};

}  // namespace

secret new_invitation_token() { return new_opaque_token(prefix); }
std::optional<std::string> hash_of_invitation(std::string_view token) { return hash_of_opaque_token(prefix, token); }

awaitable<void> invitation_store::add(invitation i, std::string hash, std::chrono::seconds lives, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const db::bytes bytes{hash};
    co_await db_.query(insert, d, i.id, bytes, i.address_key, i.invited_by, i.created_at, moved, lives.count());
}

awaitable<std::vector<invitation>> invitation_store::list(deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const auto rows = co_await db_.query_idempotent(living, d, moved);
    std::vector<invitation> out;
    for (const auto r : rows) {
        db::columns c(r);
        invitation i;
        i.id = c.next<uuid>();
        i.address_key = c.next<std::optional<std::string>>();
        i.invited_by = c.next<std::optional<uuid>>();
        i.created_at = c.next<wall::time_point>();
        i.expires_at = c.next<wall::time_point>();
        out.push_back(std::move(i));
    }
    co_return out;
}

awaitable<bool> invitation_store::revoke(uuid id, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const auto rows = co_await db_.query(drop, d, id, moved);
    co_return rows.affected() == 1;
}

awaitable<bool> invitation_store::good(std::string hash, std::string address_key, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const db::bytes bytes{hash};
    const auto rows = co_await db_.query_idempotent(look, d, bytes, address_key, moved);
    co_return !rows.empty();
}

awaitable<invited> invitation_store::use(std::string hash, user u, new_session s, const session_terms& terms,
                                         deadline d) {
    const auto norm = canonical_address(u.email);
    if (!norm) throw std::invalid_argument("an address without a canonical form");
    const auto former = former_form(u.email);
    const auto moved = co_await clock_moved(db_, d);
    const db::bytes bytes{hash};
    const auto rows = co_await db_.query(use_up, d, bytes, u.id, u.email, *norm, former, u.display_name,
                                         u.password_hash, u.language, s.id, s.device_name, s.user_agent, s.ip,
                                         s.network, terms.idle.count(), terms.absolute.count(), new_uuid(),
                                         mail_store::kept.count(), mail_store::most, moved, u.created_at);
    const auto outcome = rows.front().get<std::string>(0);
    co_return outcome == "made" ? invited::made : outcome == "taken" ? invited::taken : invited::refused;
}

awaitable<std::int64_t> invitation_store::prune(unsigned at_most, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const auto rows = co_await db_.query(forget, d, moved, at_most);
    co_return rows.affected();
}

}  // namespace mita::auth

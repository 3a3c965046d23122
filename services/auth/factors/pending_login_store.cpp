#include "auth/factors/pending_login_store.hpp"

#include "auth/mail/mail_store.hpp"
#include "auth/one_time/one_time_token.hpp"
#include "auth/people/turn.hpp"
#include "auth/revocation/judging_clock_store.hpp"
#include "core/clock.hpp"

#include <charconv>
#include <string_view>

namespace mita::auth {

namespace {

constexpr db::statement put_pending{"mfa_issue",
                                    "with at as materialized (select judged_at($3) as now)"
                                    " insert into one_time_tokens (hash, purpose, bound, created_at, expires_at)"
                                    " select $1, 'mfa', $2, at.now, at.now + $4::bigint * interval '1 second' from at"};
constexpr db::statement find_pending{
    "mfa_look",
    "select bound from one_time_tokens where hash = $1 and purpose = 'mfa' and used_at is null and tries < $3"
    " and expires_at > judged_at($2)",
    db::sync::shared};
constexpr db::statement count_try{
    "mfa_try",
    "update one_time_tokens set tries = tries + 1 where hash = $1 and purpose = 'mfa' and used_at is null"
    " and tries < $3 and expires_at > judged_at($2)"};
constexpr db::statement open_session{
    "mfa_finish",
    "select outcome, granted, revocation from open_session_by_factor($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,"
    " $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)"};

constexpr std::string_view kinds[] = {"totp", "recovery_code", "passkey"};

std::string bound_of(const pending_login& p) {
    return p.user_id.str() + ' ' + std::to_string(p.epoch) + ' ' + (p.instead_of ? p.instead_of->str() : "-") + ' ' +
           p.device_name;
}

std::string_view word(std::string_view& rest) {
    const auto end = rest.find(' ');
    const auto out = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return out;
}

std::optional<pending_login> read(std::string_view bound) {
    pending_login out;
    const auto id = uuid::parse(word(bound));
    const auto epoch = word(bound);
    const auto [end, ec] = std::from_chars(epoch.data(), epoch.data() + epoch.size(), out.epoch);
    if (!id || ec != std::errc() || end != epoch.data() + epoch.size()) return std::nullopt;
    out.user_id = *id;
    out.instead_of = uuid::parse(word(bound));
    out.device_name = bound;
    return out;
}

}  // namespace

awaitable<secret> pending_login_store::issue(pending_login who, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    auto token = new_one_time_token();
    const auto hash = hash_of_token(token.view()).value_or("");
    const db::bytes bytes{hash};
    co_await db_.query(put_pending, d, bytes, bound_of(who), moved, lifetime.count());
    co_return token;
}

awaitable<std::optional<pending_login>> pending_login_store::look(std::string token_hash, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const db::bytes bytes{token_hash};
    const auto rows = co_await db_.query_idempotent(find_pending, d, bytes, moved, most_tries);
    if (rows.empty()) co_return std::nullopt;
    co_return read(rows.front().get<std::string>(0));
}

awaitable<bool> pending_login_store::take_try(std::string token_hash, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const db::bytes bytes{token_hash};
    const auto rows = co_await db_.query(count_try, d, bytes, moved, most_tries);
    co_return rows.affected() == 1;
}

awaitable<pending_login_store::finished> pending_login_store::finish(std::string token_hash, shown_factor by,
                                                                     new_session s, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    turn mine(d);
    for (;;) {
        const db::bytes token{token_hash}, what{by.what};
        const auto rows =
            co_await db_.query(open_session, d, token, kinds[static_cast<int>(by.is)], what, by.number, s.id, s.user_id,
                               s.epoch, terms_.max_sessions, terms_.idle.count(), terms_.absolute.count(),
                               tokens_live_.count(), moved, s.device_name, s.user_agent, s.ip, wall::now(), s.amr,
                               s.instead_of, new_uuid(), mail_store::kept.count(), mail_store::most);
        const auto r = rows.front();
        const auto how = r.get<std::string>(0);
        finished out;
        out.how = how == "opened" ? outcome::opened : how == "wrong" ? outcome::wrong : outcome::gone;
        if (out.how == outcome::opened) {
            out.session.done = true;
            out.session.scope = r.get<std::string>(1);
            out.session.revocation = r.get<std::optional<std::int64_t>>(2).value_or(0);
        }
        if (how != "busy") co_return out;
        co_await mine.wait();
    }
}

}  // namespace mita::auth

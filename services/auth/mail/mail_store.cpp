#include "auth/mail/mail_store.hpp"

#include "auth/revocation/judging_clock_store.hpp"
#include "db/columns.hpp"

namespace mita::auth {

namespace {

constexpr db::statement put{"mail_ask", "select queue_mail($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"};
constexpr db::statement put_sparingly{
    "mail_ask_sparingly", "select outcome, wait_s from ask_mail($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"};
constexpr db::statement take{
    "mail_claim",
    "with at as materialized (select judged_at($1) as now), due as (select m.id from mails m, at"
    " where m.next_try_at <= at.now order by m.next_try_at limit 1 for update of m skip locked)"
    " update mails m set tries = m.tries + 1,"
    " next_try_at = at.now + least(30 * power(2, least(m.tries, 10)), 3600) * interval '1 second' from at, due"
    " where m.id = due.id returning m.id, m.kind, m.recipient, m.recipient_key, m.user_id, m.language, m.details,"
    " m.tries, m.expires_at <= at.now"};
constexpr db::statement drop{"mail_done", "delete from mails where id = $1 and details = $2"};
constexpr db::statement count{"mail_count", "select count(*) from mails"};

}  // namespace

awaitable<bool> mail_store::ask(mail_request what, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const auto rows = co_await db_.query(put, d, new_uuid(), name(what.kind), what.recipient, what.recipient_key,
                                         what.user_id, what.language, what.details, kept.count(), most, moved);
    co_return rows.front().get<bool>(0);
}

awaitable<mail_store::asked> mail_store::ask_sparingly(mail_request what, std::string account,
                                                       std::optional<std::string> network, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const auto rows =
        co_await db_.query(put_sparingly, d, account, network, new_uuid(), name(what.kind), what.recipient,
                           what.recipient_key, what.user_id, what.language, what.details, kept.count(), most, moved);
    asked out;
    out.full = rows.front().get<std::string>(0) == "full";
    out.wait_s = static_cast<unsigned>(rows.front().get<std::int32_t>(1));
    co_return out;
}

awaitable<std::optional<waiting_mail>> mail_store::claim(deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const auto rows = co_await db_.query(take, d, moved);
    if (rows.empty()) co_return std::nullopt;
    db::columns c(rows.front());
    waiting_mail out;
    out.id = c.next<uuid>();
    const auto kind = letter_kind_of(c.next<std::string>());
    out.recipient = c.next<std::string>();
    out.recipient_key = c.next<std::string>();
    out.user_id = c.next<std::optional<uuid>>();
    out.language = c.next<std::string>();
    out.details = c.next<std::string>();
    out.tries = static_cast<int>(c.next<std::int32_t>());
    const bool over = c.next<bool>();
    out.stale = over || !kind;  // a kind of a newer version: it is for newer instances until it is over
    out.kind = kind.value_or(letter_kind::verify_email);
    if (!kind && !over) co_return std::nullopt;
    co_return out;
}

awaitable<void> mail_store::done(waiting_mail m, deadline d) { co_await db_.query(drop, d, m.id, m.details); }

awaitable<std::int64_t> mail_store::waiting(deadline d) {
    const auto rows = co_await db_.query_idempotent(count, d);
    co_return rows.front().get<std::int64_t>(0);
}

}  // namespace mita::auth

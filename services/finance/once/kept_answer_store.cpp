#include "finance/once/kept_answer_store.hpp"

#include "core/clock.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace mita::finance {

namespace {

constexpr db::statement find_kept_answer{
    "finance_kept_answer",
    "select fingerprint, status, headers, body from idempotency where user_id = $1 and scope = $2 and key = $3",
    db::sync::shared};
constexpr db::statement keep_answer{
    "finance_keep_answer",
    "select writer is not null, kept_print, kept_code, kept_head, kept_answer from begin_keyed($1::uuid, $2::text, "
    "$3::text, $4::bytea, $5::integer, $6::text, $7::text, $8::timestamptz, 'nothing', null, null)"};
constexpr db::statement forget_answers{
    "finance_forget_answers",
    "delete from idempotency where (user_id, scope, key) in (select user_id, scope, key from idempotency "
    "where created_at < $1 order by created_at limit 2000 for update skip locked)"};
constexpr std::int64_t forgotten_at_once = 2000;
constexpr std::chrono::hours kept_for{72};

}  // namespace

kept_answer kept_from(const db::row& r, int column) {
    kept_answer kept;
    kept.fingerprint = r.get<std::string>(column);
    kept.status = r.get<std::int32_t>(column + 1);
    kept.headers = r.get<std::string>(column + 2);
    kept.body = r.get<std::string>(column + 3);
    return kept;
}

awaitable<std::optional<kept_answer>> kept_answer_store::find(const uuid& user, const keyed_request& key, deadline d) {
    const auto rows = co_await db_.query_idempotent(find_kept_answer, d, user, key.scope, key.key);
    if (rows.empty()) co_return std::nullopt;
    co_return kept_from(rows.front(), 0);
}

awaitable<write_outcome> kept_answer_store::keep(const uuid& user, const keyed_answer& answer, deadline d) {
    const auto rows = co_await db_.query(keep_answer, d, user, answer);
    co_return outcome_of(rows);
}

awaitable<bool> kept_answer_store::forget_old(deadline d) {
    const auto rows = co_await db_.query_idempotent(forget_answers, d, wall::now() - kept_for);
    co_return rows.affected() >= forgotten_at_once;
}

}  // namespace mita::finance

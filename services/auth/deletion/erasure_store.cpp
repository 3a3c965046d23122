#include "auth/deletion/erasure_store.hpp"

#include "auth/mail/mail_store.hpp"
#include "auth/people/turn.hpp"
#include "auth/revocation/judging_clock_store.hpp"
#include "core/clock.hpp"

namespace mita::auth {

namespace {

constexpr db::statement end_account{"account_delete",
                                    "select outcome, revocation from delete_account($1, $2, $3, $4, $5, $6, $7, $8)"};
constexpr db::statement take{"erasure_claim", "select who, pass from claim_erasure($1)"};
constexpr db::statement note_pass{"erasure_note", "select note_erasure($1, $2::smallint, $3, $4)"};
constexpr db::statement forget_in_audit{"erasure_forget_in_audit", "select forget_in_audit($1)"};
constexpr db::statement count_waiting{"erasures_waiting", "select count(*) from erasures where passes = 0"};

}  // namespace

awaitable<deleted_account> erasure_store::delete_account(uuid id, std::string held, std::chrono::seconds tokens_live,
                                                         deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    turn mine(d);
    for (;;) {
        const auto rows = co_await db_.query(end_account, d, id, held, new_uuid(), mail_store::kept.count(),
                                             mail_store::most, tokens_live.count(), moved, wall::now());
        const auto r = rows.front();
        const auto outcome = r.get<std::string>(0);
        deleted_account out;
        out.done = outcome == "done";
        out.revocation = r.get<std::optional<std::int64_t>>(1).value_or(0);
        if (outcome != "busy") co_return out;
        co_await mine.wait();
    }
}

awaitable<std::optional<erasure>> erasure_store::claim(deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const auto rows = co_await db_.query(take, d, moved);
    const auto r = rows.front();
    if (r.is_null(0)) co_return std::nullopt;
    erasure out;
    out.user_id = r.get<uuid>(0);
    out.pass = r.get<std::int16_t>(1);
    co_return out;
}

awaitable<void> erasure_store::note(erasure e, bool finished, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    co_await db_.query_idempotent(forget_in_audit, d, e.user_id);
    co_await db_.query(note_pass, d, e.user_id, e.pass, finished, moved);
}

awaitable<std::int64_t> erasure_store::waiting(deadline d) {
    const auto rows = co_await db_.query_idempotent(count_waiting, d);
    co_return rows.front().get<std::int64_t>(0);
}

}  // namespace mita::auth

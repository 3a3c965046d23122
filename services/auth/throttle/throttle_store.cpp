#include "auth/throttle/throttle_store.hpp"

#include "auth/revocation/judging_clock_store.hpp"

#include <string_view>

namespace mita::auth {

namespace {

constexpr db::statement open_one{"attempt_begin", "select outcome, wait_s, known from begin_attempt($1, $2, $3, $4)"};
constexpr db::statement close_one{"attempt_end", "select end_attempt($1, $2, $3, $4, $5, $6)"};
// Few failures count for a day, many in a row for a month; what leaks away has done so after an hour.
constexpr db::statement forget{
    "throttles_prune",
    "delete from throttles where key in (select key from throttles where begun_at < judged_at($1) -"
    " case when left(key, 2) in ('n:', 'm:') then interval '2 hours' when failures < 5 then interval '1 day'"
    " else interval '30 days' end order by begun_at limit $2 for update skip locked)"};

constexpr db::statement forget_networks{
    "networks_prune",
    "delete from known_networks where (user_id, network) in (select user_id, network from known_networks"
    " where seen_at < judged_at($1) - interval '180 days' order by seen_at limit $2 for update skip locked)"};

constexpr db::statement start_anew{"throttle_forgive", "update throttles set failures = 0 where key = 'a:' || $1"};

constexpr std::string_view names[] = {"failed", "passed", "dropped"};

}  // namespace

awaitable<throttle_store::begun> throttle_store::begin(attempt_key key, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const auto rows = co_await db_.query(open_one, d, key.account, key.network, key.address_key, moved);
    const auto r = rows.front();
    const auto how = r.get<std::string>(0);
    begun out;
    out.how = how == "begun" ? outcome::begun : how == "busy" ? outcome::busy : outcome::slowed;
    out.wait_s = static_cast<unsigned>(r.get<std::int32_t>(1));
    out.known = r.get<bool>(2);
    co_return out;
}

awaitable<void> throttle_store::end(attempt_key key, bool known, result how, std::optional<uuid> person, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    co_await db_.query(close_one, d, key.account, key.network, known, names[static_cast<int>(how)], person, moved);
}

awaitable<void> throttle_store::forgive(attempt_key key, deadline d) { co_await db_.query(start_anew, d, key.account); }

awaitable<std::int64_t> throttle_store::prune(unsigned at_most, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const auto rows = co_await db_.query(forget, d, moved, at_most);
    co_return rows.affected();
}

awaitable<std::int64_t> throttle_store::prune_networks(unsigned at_most, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const auto rows = co_await db_.query(forget_networks, d, moved, at_most);
    co_return rows.affected();
}

}  // namespace mita::auth

#include "finance/events/last_write_store.hpp"

#include "db/statement.hpp"

namespace mita::finance {

namespace {

constexpr db::statement last_of{"finance_last_write", "select sequence from users where user_id = $1"};

}  // namespace

awaitable<std::int64_t> last_write_store::of(const uuid& user, deadline d) {
    const auto rows = co_await db_.query_idempotent(last_of, d, user);
    co_return rows.empty() ? -1 : rows.front().get<std::int64_t>(0);
}

}  // namespace mita::finance

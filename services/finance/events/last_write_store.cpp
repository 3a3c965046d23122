#include "finance/events/last_write_store.hpp"

#include "db/statement.hpp"

namespace mita::finance {

namespace {

constexpr db::statement last_of{"finance_last_writes",
                                "select user_id, sequence from users where user_id = any($1::uuid[])"};

}  // namespace

awaitable<std::unordered_map<uuid, std::int64_t>> last_write_store::of(std::vector<uuid> people, deadline d) {
    const auto rows = co_await db_.query_idempotent(last_of, d, people);
    std::unordered_map<uuid, std::int64_t> out;
    for (const auto r : rows) out.emplace(r.get<uuid>(0), r.get<std::int64_t>(1));
    co_return out;
}

}  // namespace mita::finance

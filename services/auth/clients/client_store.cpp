#include "auth/clients/client_store.hpp"

#include "auth/one_time/one_time_token.hpp"
#include "auth/revocation/judging_clock_store.hpp"
#include "core/clock.hpp"
#include "db/columns.hpp"

namespace mita::auth {

namespace {

constexpr std::string_view client_prefix = "mcs_";

constexpr auto client_columns = db::join(
    "select id, session, name, scope, secret_hash, case when former_until > judged_at($1) then former_hash end,"
    " created_at, rotated_at from clients");
constexpr auto client_by_id_sql = db::join(client_columns, " where id = $2");
constexpr auto all_sql = db::join(client_columns, " order by name limit 10000");
constexpr db::statement client_by_id{"client_by_id", client_by_id_sql, db::sync::shared};
constexpr db::statement every{"client_list", all_sql};
constexpr db::statement insert{"client_add",
                               "insert into clients (id, session, name, scope, secret_hash, created_at, rotated_at)"
                               " values ($1, $2, $3, $4, $5, $6, $6) on conflict (name) do nothing"};
constexpr db::statement change_secret{"client_rotate", "select rotate_client($1, $2, $3, $4, $5, $6, $7)"};
constexpr db::statement drop_client{"client_remove", "select remove_client($1, $2, $3, $4)"};

client read(const db::row& r) {
    db::columns c(r);
    client out;
    out.id = c.next<uuid>();
    out.session = c.next<uuid>();
    out.name = c.next<std::string>();
    out.scope = c.next<std::string>();
    out.secret_hash = c.next<std::string>();
    out.former_hash = c.next<std::optional<std::string>>();
    out.created_at = c.next<wall::time_point>();
    out.rotated_at = c.next<wall::time_point>();
    return out;
}

}  // namespace

secret new_client_secret() { return new_opaque_token(client_prefix); }
std::optional<std::string> hash_of_client_secret(std::string_view text) {
    return hash_of_opaque_token(client_prefix, text);
}

awaitable<std::optional<client>> client_store::find(uuid id, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const auto rows = co_await db_.query_idempotent(client_by_id, d, moved, id);
    if (rows.empty()) co_return std::nullopt;
    co_return read(rows.front());
}

awaitable<std::vector<client>> client_store::list(deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const auto rows = co_await db_.query_idempotent(every, d, moved);
    std::vector<client> out;
    for (const auto r : rows) out.push_back(read(r));
    co_return out;
}

awaitable<bool> client_store::add(client c, deadline d) {
    const db::bytes hash{c.secret_hash};
    const auto rows = co_await db_.query(insert, d, c.id, c.session, c.name, c.scope, hash, wall::now());
    co_return rows.affected() == 1;
}

awaitable<bool> client_store::rotate(uuid id, std::string secret_hash, std::chrono::seconds overlap,
                                     std::chrono::seconds tokens_live, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const db::bytes hash{secret_hash};
    const auto rows = co_await db_.query(change_secret, d, id, hash, new_uuid(), overlap.count(), tokens_live.count(),
                                         moved, wall::now());
    co_return rows.front().get<bool>(0);
}

awaitable<bool> client_store::remove(uuid id, std::chrono::seconds tokens_live, deadline d) {
    const auto moved = co_await clock_moved(db_, d);
    const auto rows = co_await db_.query(drop_client, d, id, tokens_live.count(), moved, wall::now());
    co_return rows.front().get<bool>(0);
}

}  // namespace mita::auth

#include "auth/people/user_store.hpp"

#include "auth/people/address.hpp"
#include "core/clock.hpp"

namespace mita::auth {

namespace {

constexpr auto columns = db::join(
    "id, email, email_norm, display_name, password_hash, status, role, language, epoch, email_verified_at, created_at,"
    " has_second_factor(id)");
constexpr auto by_email_sql = db::join("select ", columns,
                                       " from users where email_norm = $1 or (email_norm = $2 and address_form <> 2)"
                                       " order by (email_norm = $2 and address_form <> 2) desc limit 1");
constexpr auto by_id_sql = db::join("select ", columns, " from users where id = $1");
constexpr db::statement by_email{"user_by_email", by_email_sql, db::sync::shared};
constexpr db::statement by_id{"user_by_id", by_id_sql, db::sync::shared};
constexpr db::statement swap_hash{
    "user_swap_hash", "update users set password_hash = $3, updated_at = $4 where id = $1 and password_hash = $2"};
constexpr db::statement write_language{"user_language", "update users set language = $2 where id = $1"};
constexpr db::statement set_name{"user_rename", "update users set display_name = $2, updated_at = $3 where id = $1"};

std::optional<user> read_user(const db::rows& rows) {
    if (rows.empty()) return std::nullopt;
    const auto r = rows.front();
    user u;
    u.id = r.get<uuid>(0);
    u.email = r.get<std::string>(1);
    u.email_key = r.get<std::string>(2);
    u.display_name = r.get<std::string>(3);
    u.password_hash = r.get<std::string>(4);
    u.status = r.get<std::string>(5);
    u.role = r.get<std::string>(6);
    u.language = r.get<std::string>(7);
    u.epoch = static_cast<int>(r.get<std::int32_t>(8));
    u.email_verified_at = r.get<std::optional<wall::time_point>>(9);
    u.created_at = r.get<wall::time_point>(10);
    u.second_factor = r.get<bool>(11);
    return u;
}

}  // namespace

awaitable<std::optional<user>> user_store::find_by_email(std::string email, deadline d) {
    const auto canonical = canonical_address(email);
    const auto former = former_form(email);
    const auto rows = co_await db_.query_idempotent(by_email, d, canonical, former);
    co_return read_user(rows);
}

awaitable<std::optional<user>> user_store::find(uuid id, deadline d) {
    const auto rows = co_await db_.query_idempotent(by_id, d, id);
    co_return read_user(rows);
}

awaitable<bool> user_store::replace_hash(uuid id, std::string old_hash, std::string new_hash, deadline d) {
    const auto rows = co_await db_.query(swap_hash, d, id, old_hash, new_hash, wall::now());
    co_return rows.affected() == 1;
}

awaitable<void> user_store::set_language(uuid id, std::string language, deadline d) {
    co_await db_.query(write_language, d, id, language);
}

awaitable<bool> user_store::rename(uuid id, std::string display_name, deadline d) {
    const auto rows = co_await db_.query(set_name, d, id, display_name, wall::now());
    co_return rows.affected() == 1;
}

}  // namespace mita::auth

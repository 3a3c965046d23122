#include "auth/people/import_store.hpp"

#include "auth/people/address.hpp"
#include "core/clock.hpp"

#include <stdexcept>

namespace mita::auth {

namespace {

constexpr db::statement import_one{
    "user_import",
    "insert into users (id, email, email_norm, display_name, password_hash, created_at, updated_at, email_verified_at,"
    " address_form, language) select $1, $2, $3, $4, $5, $6, $7, $8, 2, $9"
    " where not exists (select from users where email_norm = $10 and address_form = 1) on conflict (email_norm) do "
    "nothing"};

}  // namespace

awaitable<bool> import_store::add(user u, deadline d) {
    const auto norm = canonical_address(u.email);
    if (!norm) throw std::invalid_argument("import: an address without a canonical form");
    const auto former = former_form(u.email);
    const auto rows = co_await db_.query(import_one, d, u.id, u.email, *norm, u.display_name, u.password_hash,
                                         u.created_at, wall::now(), u.email_verified_at, u.language, former);
    co_return rows.affected() == 1;
}

}  // namespace mita::auth

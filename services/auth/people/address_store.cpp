#include "auth/people/address_store.hpp"

#include "auth/people/address.hpp"

#include <string>

namespace mita::auth {

namespace {

constexpr db::statement unsettled{
    "addresses_unsettled", "select id, email from users where address_form = 1 order by created_at, id limit $1"};
constexpr db::statement write_form{
    "address_settle",
    "update users set email_norm = $2, address_form = 2 where id = $1 and address_form = 1"
    " and not exists (select from users where email_norm = $2 and id <> $1)"};
constexpr db::statement keep_form{"address_keep",
                                  "update users set address_form = 3 where id = $1 and address_form = 1"};

}  // namespace

awaitable<unsigned> address_store::settle(unsigned at_most, deadline d, logger& log) {
    const auto rows = co_await db_.query_idempotent(unsettled, d, at_most);
    unsigned n = 0;
    for (const auto r : rows) {
        ++n;
        const auto id = r.get<uuid>(0);
        const auto canonical = canonical_address(r.get<std::string>(1));
        if (canonical) {
            const auto written = co_await db_.query(write_form, d, id, *canonical);
            if (written.affected() == 1) continue;
        }
        const auto kept = co_await db_.query(keep_form, d, id);
        if (kept.affected() == 1) log.warn(canonical ? "address_collision" : "address_kept").with("user_id", id.str());
    }
    co_return n;
}

}  // namespace mita::auth

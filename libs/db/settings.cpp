#include "db/settings.hpp"

#include "db/url.hpp"

#include <algorithm>

namespace mita::db {

namespace {

// PostgreSQL allows 100 unless told otherwise: auth, two instances of finance and who looks after them.
constexpr std::int64_t usual_share = 25;

}  // namespace

settings::settings(config& from, const platform::derived& derived, unsigned workers, const std::string& service,
                   const std::string& own_url)
    : url(url_setting(from, own_url, false)), schema(service) {
    const bool own_given = from.source_of(own_url) == "env";  // if wrongly, that is the problem
    auto shared = url_setting(from, "DATABASE_URL", !own_given);
    if (url.empty()) url = std::move(shared);
    prepared = from.flag("MITA_DB_PREPARED", true);
    const auto share = from.integer("MITA_DB_CONNECTIONS", usual_share, 3, 10'000);
    const auto shared_by = from.source_of("MITA_DB_CONNECTIONS");
    const std::int64_t each = (share - 1) / workers;
    pipelined = static_cast<unsigned>(from.integer("MITA_DB_PIPELINED", each > 2 ? 2 : 1, 1, 8, shared_by));
    const auto left = std::max<std::int64_t>(each - pipelined, 1);
    exclusive =
        static_cast<unsigned>(from.integer("MITA_DB_EXCLUSIVE", std::min<std::int64_t>(derived.db_exclusive, left), 1,
                                           32, left < derived.db_exclusive ? shared_by : derived.db_exclusive_source));
    const auto wanted = std::int64_t{workers} * (pipelined + exclusive) + 1;
    if (shared_by == "env" && wanted > share)
        from.problem("MITA_DB_CONNECTIONS: must be at least " + std::to_string(wanted) + ", what " +
                     std::to_string(workers) +
                     " workers need (MITA_WORKERS, MITA_DB_PIPELINED, MITA_DB_EXCLUSIVE), is " + std::to_string(share));
}

pool_options settings::options() const {
    pool_options o;
    o.url = url.copy();
    o.application_name = "mita-" + schema;
    o.search_path = schema;
    o.prepared = prepared;
    o.generic_plans = generic_plans;
    o.pipelined = pipelined;
    o.exclusive = exclusive;
    return o;
}

}  // namespace mita::db
